import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import type { JobLog, OrderReceipt } from '@gistpool/contracts';
import { ApiError, jobNotFound } from '../http/api-error';
import { Pool } from '../pool';
import { findJob } from './find-job';
import { isJobId } from './ids';

/** What may be asked of one job, and what has happened to it. */
@Controller('v1/jobs')
export class OrdersController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get(':id/log')
  async log(@Param('id') id: string): Promise<JobLog> {
    await findJob(this.pool, id);
    const { lines, dropped } = await this.pool.jobs.orders.log(id);
    const data = lines.map(({ atMs, kind, card, detail }) => ({
      at_ms: atMs,
      kind,
      card: card ?? null,
      detail: detail ?? null,
    }));
    return { object: 'job.log', id, data, dropped };
  }

  @Post(':id/pause')
  @HttpCode(200)
  async pause(@Param('id') id: string): Promise<OrderReceipt> {
    const outcome = await this.pool.jobs.orders.pause(known(id));
    if (outcome === 'not-found') throw jobNotFound(id);
    if (outcome === 'already-ended') throw await this.hasEnded(id);
    return this.receipt(id, outcome);
  }

  @Post(':id/resume')
  @HttpCode(200)
  async resume(@Param('id') id: string): Promise<OrderReceipt> {
    const outcome = await this.pool.jobs.orders.resume(known(id));
    if (outcome === 'not-found') throw jobNotFound(id);
    return this.receipt(id, outcome === 'not-paused' ? 'unchanged' : 'resumed');
  }

  @Post(':id/retry')
  @HttpCode(200)
  async retry(@Param('id') id: string): Promise<OrderReceipt> {
    const [outcome = 'not-found'] = await this.pool.jobs.orders.retry([known(id)]);
    if (outcome === 'not-found') throw jobNotFound(id);
    if (outcome === 'retried') return this.receipt(id, outcome);
    throw new ApiError(409, 'not_retriable', `job ${id} ${WHY_NOT[outcome]}`, 'id', {
      'x-should-retry': 'false',
    });
  }

  private async receipt(id: string, outcome: OrderReceipt['outcome']): Promise<OrderReceipt> {
    const { state } = await findJob(this.pool, id);
    return { object: 'job.order', id, outcome, state };
  }

  private async hasEnded(id: string): Promise<ApiError> {
    const { state } = await findJob(this.pool, id);
    return new ApiError(409, 'job_ended', `job ${id} has ended: ${state}`, 'id', {
      'x-should-retry': 'false',
    });
  }
}

const WHY_NOT = {
  'not-ended': 'has not ended',
  completed: 'has completed',
  'without-prompt': "is a line of a batch's file, whose prompt is not kept; submit the line again",
  duplicate: 'has a dedupe_key that another job holds, which waits or runs',
} as const;

function known(id: string): string {
  if (!isJobId(id)) throw jobNotFound(id);
  return id;
}
