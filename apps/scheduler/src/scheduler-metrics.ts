import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FetchedJob, PlaceOutcome, Recovered } from '@gistpool/queue';
import type { RoundOutcome } from './scheduler';

const ROUND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const WAIT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400];

/** What only a scheduler sees. Counters begin at 0 in each process; of several schedulers one leads at a time, so sum them. */
export class SchedulerMetrics {
  private readonly leads: Gauge;
  private readonly rounds: Histogram;
  private readonly waits: Histogram<'model'>;
  private readonly placements: Counter<'model' | 'outcome'>;
  private readonly held: Gauge;
  private readonly recovered: Counter<'outcome'>;
  private readonly failed: Counter<'code'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.leads = new Gauge({
      name: 'gistpool_scheduler_leads',
      help: '1 while this scheduler leads, 0 while it stands by.',
      registers,
    });
    this.rounds = new Histogram({
      name: 'gistpool_scheduler_round_seconds',
      help: 'Time of one round of the leader: look at cards and queues, decide, place.',
      buckets: ROUND_SECONDS,
      registers,
    });
    this.waits = new Histogram({
      name: 'gistpool_job_first_wait_seconds',
      help: 'From the submit of a job to its first placement.',
      labelNames: ['model'],
      buckets: WAIT_SECONDS,
      registers,
    });
    this.placements = new Counter({
      name: 'gistpool_scheduler_placements_total',
      help: 'Placements that were tried, by what came of them.',
      labelNames: ['model', 'outcome'],
      registers,
    });
    this.held = new Gauge({
      name: 'gistpool_scheduler_held_jobs',
      help: 'Jobs that this scheduler has fetched and not placed yet.',
      registers,
    });
    this.recovered = new Counter({
      name: 'gistpool_scheduler_recovered_jobs_total',
      help: 'Jobs whose lease ran out and that wait again, by what became of their worker.',
      labelNames: ['outcome'],
      registers,
    });
    this.failed = new Counter({
      name: 'gistpool_scheduler_failed_jobs_total',
      help: 'Jobs that the scheduler gave up, by why.',
      labelNames: ['code'],
      registers,
    });
  }

  round(outcome: RoundOutcome, ms: number, heldJobs: number): void {
    this.leads.set(outcome === 'standby' ? 0 : 1);
    this.held.set(heldJobs);
    if (outcome !== 'standby') this.rounds.observe(ms / 1000);
  }

  placed(job: FetchedJob, outcome: PlaceOutcome, nowMs: number): void {
    this.placements.inc({ model: job.model, outcome });
    const isFirst = job.promisedAtMs === undefined;
    if (outcome === 'placed' && isFirst)
      this.waits.observe({ model: job.model }, Math.max(0, nowMs - job.createdAtMs) / 1000);
  }

  recover(outcome: Recovered['outcome']): void {
    this.recovered.inc({ outcome });
  }

  fail(code: string): void {
    this.failed.inc({ code });
  }

  stopped(): void {
    this.leads.set(0);
    this.held.set(0);
  }
}
