import { Body, Controller, Get, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  BulkRequest,
  ReprioritizeRequest,
  type BulkAction,
  type BulkFilter,
  type BulkReceipt,
} from '@gistpool/contracts';
import type { BulkOrder } from '@gistpool/queue';
import { isAdmin, type Caller } from '../access/caller';
import { By } from '../access/request-caller';
import { withinTenantOf } from '../access/tenant-of';
import { ApiError, clip } from '../http/api-error';
import { validate } from '../http/validate';
import { Ids, isJobId } from '../jobs/ids';
import { Pool } from '../pool';
import { BulkRunner } from './bulk-runner';

/** A request works on an order for so long; the rest is done in the background. */
const WITHIN_MS = 1_000;

interface Asked {
  readonly filter: BulkFilter;
  readonly dry_run: boolean;
  readonly priority?: number;
}

/** Orders about all jobs that a filter leaves. Jobs that are submitted meanwhile are not meant. */
@Controller('v1/jobs')
export class BulkController {
  private readonly ids = new Ids();

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(BulkRunner) private readonly runner: BulkRunner,
  ) {}

  @Post('cancel')
  cancel(
    @By() caller: Caller,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BulkReceipt> {
    return this.take('cancel', validate(BulkRequest, withinTenant(caller, body)), reply);
  }

  @Post('retry')
  retry(
    @By() caller: Caller,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BulkReceipt> {
    return this.take('retry', validate(BulkRequest, withinTenant(caller, body)), reply);
  }

  @Post('reprioritize')
  reprioritize(
    @By() caller: Caller,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BulkReceipt> {
    return this.take('reprioritize', validate(ReprioritizeRequest, withinTenant(caller, body)), reply);
  }

  @Get('bulk/:id')
  async get(@By() caller: Caller, @Param('id') id: string): Promise<BulkReceipt> {
    const order = isJobId(id) ? await this.pool.bulks.get(id) : undefined;
    const isTheirs = isAdmin(caller) || order?.filter.tenant === caller.tenant;
    if (order === undefined || !isTheirs)
      throw new ApiError(404, 'bulk_not_found', `there is no bulk order ${clip(id, 80)}`, 'id');
    return toReceipt(order, false);
  }

  private async take(action: BulkAction, asked: Asked, reply: FastifyReply): Promise<BulkReceipt> {
    const { filter, dry_run: isDry, priority } = asked;
    const { bulks } = this.pool;
    const id = this.ids.next('bulk');
    let order = await bulks.begin({ id, action, filter, ...(priority === undefined ? {} : { priority }) });
    const untilMs = Date.now() + WITHIN_MS;
    // A dry run changes nothing, so it may look at everything.
    while (order.cursor !== null && (isDry || Date.now() < untilMs))
      order = await bulks.goOn(order, { isDry });
    if (!isDry) await bulks.save(order);
    if (order.cursor !== null) this.runner.ring();
    reply.code(order.cursor === null ? 200 : 202);
    return toReceipt(order, isDry);
  }
}

/** Who is no admin orders what is theirs, whatever the filter leaves. */
function withinTenant(caller: Caller, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('filter' in body)) return body;
  return { ...body, filter: withinTenantOf(caller, body.filter) };
}

function toReceipt(order: BulkOrder, isDry: boolean): BulkReceipt {
  const { id, action, cursor, matched, changed, skipped, states } = order;
  return {
    object: 'job.bulk',
    id: isDry ? null : id,
    action,
    dry_run: isDry,
    status: cursor === null ? 'done' : 'running',
    matched,
    changed,
    skipped,
    states: { ...states },
  };
}
