import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  BatchFilter,
  BatchRequest,
  windowSeconds,
  type BatchObject,
  type BatchPage,
} from '@gistpool/contracts';
import type { BatchRecord, NewBatch } from '@gistpool/queue';
import { isAdmin, sees, type Caller } from '../../access/caller';
import { By } from '../../access/request-caller';
import { onlyTenantOf } from '../../access/tenant-of';
import { ApiError, batchNotFound, clip } from '../../http/api-error';
import { once } from '../../http/idempotency';
import { validate } from '../../http/validate';
import { Ids, isJobId } from '../../jobs/ids';
import { Pool } from '../../pool';
import { withoutUnsupported } from '../requests/unsupported';
import { WebhookSettings } from '../../webhooks/webhook-settings';
import { toBatchObject } from './batch-view';
import { BatchRunner } from './runner';

@Controller('v1/batches')
export class BatchesController {
  private readonly ids = new Ids();

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(WebhookSettings) private readonly webhooks: WebhookSettings,
    @Inject(BatchRunner) private readonly runner: BatchRunner,
  ) {}

  @Post()
  @HttpCode(200)
  create(
    @By() caller: Caller,
    @Body() body: unknown,
    @Req() http: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BatchObject> {
    const request = validate(
      BatchRequest,
      isObject(body) ? withoutUnsupported(body, Object.keys(BatchRequest.shape)) : body,
    );
    const keyed = { scope: `batches:${caller.tenant}`, body: request, newId: () => this.ids.next('batch') };
    return once(this.pool, http, reply, keyed, async (id = this.ids.next('batch')) => ({
      status: 200,
      headers: {},
      body: await this.make(caller, request, id),
    }));
  }

  private async make(caller: Caller, request: BatchRequest, id: string): Promise<BatchObject> {
    const { input_file_id: inputFileId } = request;
    const [file, owner] = isJobId(inputFileId)
      ? await Promise.all([this.pool.files.get(inputFileId), this.pool.files.tenantOf(inputFileId)])
      : [];
    if (file === undefined || owner === undefined || !sees(caller, owner))
      throw new ApiError(400, 'file_not_found', `there is no file ${clip(inputFileId, 80)}`, 'input_file_id');
    if (file.purpose !== 'batch')
      throw new ApiError(400, 'invalid_request', 'input_file_id: its purpose is not batch', 'input_file_id');
    const webhook = request.gistpool?.webhook;
    const refused = webhook && this.webhooks.refusal(webhook, 'gistpool.webhook.url');
    if (refused !== undefined) throw refused;
    const createdAtMs = Date.now();
    const batch: NewBatch = {
      id,
      // An admin who uses a tenant's file acts for that tenant.
      tenant: isAdmin(caller) ? owner : caller.tenant,
      endpoint: request.endpoint,
      inputFileId,
      completionWindow: request.completion_window,
      metadata: request.metadata ?? null,
      ...(webhook && { webhook: { url: webhook.url, ...(webhook.events && { events: webhook.events }) } }),
      createdAtMs,
      expiresAtMs: createdAtMs + windowSeconds(request.completion_window) * 1000,
    };
    await this.pool.batches.create(batch);
    this.runner.ring();
    return toBatchObject(await this.find(batch.id));
  }

  @Get()
  async list(@By() caller: Caller, @Query() query: unknown): Promise<BatchPage> {
    const { batches, hasMore } = await this.pool.batches.list(
      validate(BatchFilter, query),
      onlyTenantOf(caller),
    );
    return {
      object: 'list',
      data: batches.map(toBatchObject),
      first_id: batches.at(0)?.id ?? null,
      last_id: batches.at(-1)?.id ?? null,
      has_more: hasMore,
    };
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<BatchObject> {
    return toBatchObject(await this.find(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  async cancel(@Param('id') id: string): Promise<BatchObject> {
    const { status } = await this.find(id);
    const isCancelling = await this.pool.batches.move(id, ['validating', 'in_progress'], 'cancelling');
    const batch = await this.find(id);
    // Cancelled by the same request, which was sent again.
    if (!isCancelling && batch.status !== 'cancelled')
      throw new ApiError(409, 'invalid_request', `batch ${id} is ${status} and cannot be cancelled`, 'id', {
        'x-should-retry': 'false',
      });
    this.runner.ring();
    return toBatchObject(batch);
  }

  private async find(id: string): Promise<BatchRecord> {
    const batch = isJobId(id) ? await this.pool.batches.get(id) : undefined;
    if (batch === undefined) throw batchNotFound(id);
    return batch;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
