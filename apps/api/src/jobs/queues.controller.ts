import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { QueueOrder, type QueuePage } from '@gistpool/contracts';
import { validate } from '../http/validate';
import { Pool } from '../pool';

/** Queues, one per model and tenant. Of a paused one nothing is placed; what runs goes on. */
@Controller('v1/queues')
export class QueuesController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get()
  async list(): Promise<QueuePage> {
    const [waiting, paused] = await Promise.all([
      this.pool.queueOrders.waiting(),
      this.pool.queueOrders.paused(),
    ]);
    const queues = waiting.map((queue) => ({ ...queue, paused: paused.has(queue) }));
    const isListed = (model: string, tenant: string | undefined) =>
      queues.some((queue) => queue.model === model && queue.tenant === tenant);
    const others = paused.all
      .filter(({ model, tenant }) => !isListed(model, tenant))
      .map(({ model, tenant }) => ({ model, tenant: tenant ?? null, waiting: 0, paused: true }));
    return { object: 'list', data: [...others, ...queues] };
  }

  @Post('pause')
  @HttpCode(200)
  async pause(@Body() body: unknown): Promise<QueuePage> {
    await this.pool.queueOrders.setPaused(validate(QueueOrder, body), true);
    return this.list();
  }

  @Post('resume')
  @HttpCode(200)
  async resume(@Body() body: unknown): Promise<QueuePage> {
    await this.pool.queueOrders.setPaused(validate(QueueOrder, body), false);
    return this.list();
  }
}
