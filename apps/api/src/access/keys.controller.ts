import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  KeyFilter,
  KeyRequest,
  RotateRequest,
  type KeyIssued,
  type KeyPage,
  type KeyView,
} from '@gistpool/contracts';
import { toKeyIssued, toKeyView, type IssuedKey } from '@gistpool/queue';
import { ApiError, clip } from '../http/api-error';
import { validate } from '../http/validate';
import { Pool } from '../pool';

@Controller('v1/keys')
export class KeysController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Post()
  @HttpCode(201)
  async create(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<KeyIssued> {
    const { name, tenant, scopes, expires_in_s: lifeS } = validate(KeyRequest, body);
    const expiresAtMs = lifeS === undefined ? null : Date.now() + lifeS * 1000;
    await this.pool.tenants.ensure(tenant);
    return this.issued(await this.pool.keys.create({ name, tenant, scopes, expiresAtMs }), request, reply);
  }

  @Get()
  async list(@Query() query: unknown): Promise<KeyPage> {
    const { tenant } = validate(KeyFilter, query);
    return { object: 'list', data: (await this.pool.keys.list(tenant)).map(toKeyView) };
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<KeyView> {
    const key = await this.pool.keys.get(id);
    if (key === undefined) throw keyNotFound(id);
    return toKeyView(key);
  }

  @Post(':id/rotate')
  @HttpCode(201)
  async rotate(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<KeyIssued> {
    const { grace_s: graceS } = validate(RotateRequest, body === undefined ? {} : body);
    const issued = await this.pool.keys.rotate(id, graceS * 1000);
    if (issued === 'not-found') throw keyNotFound(id);
    if (issued === 'not-active')
      throw new ApiError(409, 'invalid_request', `${id} is revoked, expired or was replaced already`, 'id');
    return this.issued(issued, request, reply);
  }

  @Delete(':id')
  async revoke(@Param('id') id: string): Promise<KeyView> {
    if (!(await this.pool.keys.revoke(id))) throw keyNotFound(id);
    return this.get(id);
  }

  private issued(issued: IssuedKey, request: FastifyRequest, reply: FastifyReply): KeyIssued {
    request.auditTarget = issued.key.id;
    reply.header('location', `/v1/keys/${issued.key.id}`);
    return toKeyIssued(issued);
  }
}

const keyNotFound = (id: string): ApiError =>
  new ApiError(404, 'key_not_found', `there is no key ${clip(id, 80)}`, 'id');
