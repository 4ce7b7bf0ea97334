import { Inject, Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { processRegistry } from '@gistpool/telemetry';
import { OpenStreams } from '../events/open-streams';
import { Pool } from '../pool';
import { PoolMetrics } from './pool-metrics';

/** Everything `/metrics` tells: this process, its answers, and the pool as seen at the moment of asking. */
@Injectable()
export class Metrics {
  readonly registry = processRegistry();
  private readonly poolMetrics: PoolMetrics;
  private reading: Promise<string> | undefined;

  constructor(@Inject(Pool) pool: Pool, @Inject(OpenStreams) streams: OpenStreams) {
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
  text(): Promise<string> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async read(): Promise<string> {
    await this.poolMetrics.refresh();
    return this.registry.metrics();
  }
}
