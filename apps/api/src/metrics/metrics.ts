import { Inject, Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { OpenStreams } from '../events/open-streams';
import { Pool } from '../pool';
import { PoolMetrics } from './pool-metrics';

/** Gauges that prom-client names like counters; `promtool check metrics` refuses them. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

/** Everything `/metrics` tells: this process, its answers, and the pool as seen at the moment of asking. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly poolMetrics: PoolMetrics;
  private reading: Promise<string> | undefined;

  constructor(@Inject(Pool) pool: Pool, @Inject(OpenStreams) streams: OpenStreams) {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
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
