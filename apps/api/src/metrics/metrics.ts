import { Inject, Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { OpenStreams } from '../events/open-streams';
import { Pool } from '../pool';
import { PoolMetrics } from './pool-metrics';

/** Everything `/metrics` tells: this process, its answers, and the pool as seen at the moment of asking. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly poolMetrics: PoolMetrics;
  private refreshing: Promise<void> | undefined;

  constructor(@Inject(Pool) pool: Pool, @Inject(OpenStreams) streams: OpenStreams) {
    collectDefaultMetrics({ register: this.registry });
    this.poolMetrics = new PoolMetrics(pool, this.registry);
    new Gauge({
      name: 'gistpool_event_streams',
      help: 'Clients listening to the events of a job.',
      registers: [this.registry],
      collect() {
        this.set(streams.count);
      },
    });
  }

  /** Scrapes that come together share one reading. */
  async text(): Promise<string> {
    this.refreshing ??= this.poolMetrics.refresh().finally(() => (this.refreshing = undefined));
    await this.refreshing;
    return this.registry.metrics();
  }
}
