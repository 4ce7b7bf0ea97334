import { Counter, Histogram, type Registry } from 'prom-client';
import type { Usage } from '@gistpool/contracts';

/** From 50 ms, a short answer, to half an hour. */
const RUN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];
const STEP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** How a job left the worker. `handed back`: it goes on elsewhere. */
export type JobOutcome = 'completed' | 'cancelled' | 'expired' | 'failed' | 'paused' | 'handed_back' | 'lost';

/** What only a worker sees. How its card stands is told by the api, from the card's own reports. */
export class WorkerMetrics {
  private readonly runs: Histogram<'model'>;
  private readonly queued: Histogram<'model'>;
  private readonly jobs: Counter<'model' | 'outcome'>;
  private readonly steps: Histogram<'model'>;
  private readonly retries: Counter;

  constructor(
    registry: Registry,
    private readonly model: string,
  ) {
    const registers = [registry];
    this.queued = new Histogram({
      name: 'gistpool_job_queue_seconds',
      help: 'Time of an ended job in which nobody decoded it, from submit to its last placement.',
      labelNames: ['model'],
      buckets: RUN_SECONDS,
      registers,
    });
    this.runs = new Histogram({
      name: 'gistpool_job_run_seconds',
      help: 'Time of an ended job at work, over all workers that had it.',
      labelNames: ['model'],
      buckets: RUN_SECONDS,
      registers,
    });
    this.jobs = new Counter({
      name: 'gistpool_worker_jobs_total',
      help: 'Jobs that left this worker, by how.',
      labelNames: ['model', 'outcome'],
      registers,
    });
    this.steps = new Histogram({
      name: 'gistpool_worker_step_seconds',
      help: 'Time of one step of the card: one decode of all its sessions, or a chunk of prefill.',
      labelNames: ['model'],
      buckets: STEP_SECONDS,
      registers,
    });
    this.retries = new Counter({
      name: 'gistpool_worker_write_retries_total',
      help: 'Writes about jobs that had to be made again.',
      registers,
    });
  }

  stepTook(ms: number): void {
    this.steps.observe({ model: this.model }, ms / 1000);
  }

  jobLeft(outcome: JobOutcome, usage?: Usage): void {
    const { model } = this;
    this.jobs.inc({ model, outcome });
    if (usage === undefined) return;
    this.queued.observe({ model }, usage.queue_ms / 1000);
    this.runs.observe({ model }, usage.run_ms / 1000);
  }

  writeIsRetried(): void {
    this.retries.inc();
  }
}
