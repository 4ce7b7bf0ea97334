import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  TenantChange,
  TenantName,
  TenantRequest,
  type Quotas,
  type TenantPage,
  type TenantView,
} from '@gistpool/contracts';
import { ApiError, clip } from '../http/api-error';
import { validate } from '../http/validate';
import { Pool } from '../pool';
import { toTenantView } from './views';

@Controller('v1/tenants')
export class TenantsController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Post()
  @HttpCode(201)
  async create(@Body() body: unknown, @Req() request: FastifyRequest): Promise<TenantView> {
    const { name, quotas } = validate(TenantRequest, body);
    request.auditTarget = name;
    if (!(await this.pool.tenants.create(name, given(quotas))))
      throw new ApiError(409, 'already_exists', `there is a tenant ${name} already`, 'name');
    return this.get(name);
  }

  @Get()
  async list(): Promise<TenantPage> {
    return { object: 'list', data: (await this.pool.tenants.list()).map(toTenantView) };
  }

  @Get(':name')
  async get(@Param('name') name: string): Promise<TenantView> {
    const tenant = TenantName.safeParse(name).success ? await this.pool.tenants.get(name) : undefined;
    if (tenant === undefined) throw tenantNotFound(name);
    return toTenantView(tenant);
  }

  @Patch(':name')
  async change(@Param('name') name: string, @Body() body: unknown): Promise<TenantView> {
    const { quotas } = validate(TenantChange, body);
    const isThere =
      TenantName.safeParse(name).success && (await this.pool.tenants.change(name, given(quotas)));
    if (!isThere) throw tenantNotFound(name);
    return this.get(name);
  }
}

/** Without what was left out. */
const given = (quotas: { [K in keyof Quotas]?: Quotas[K] | undefined }): Partial<Quotas> =>
  Object.fromEntries(Object.entries(quotas).filter(([, value]) => value !== undefined)) as Partial<Quotas>;

const tenantNotFound = (name: string): ApiError =>
  new ApiError(404, 'tenant_not_found', `there is no tenant ${clip(name, 80)}`, 'name');
