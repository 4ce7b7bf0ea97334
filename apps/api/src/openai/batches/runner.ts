import { setTimeout as delay } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Submit } from '../../jobs/submit';
import { Log } from '../../log';
import { Lookout } from '../../lookout';
import { Pool } from '../../pool';
import { Files } from '../files/files';
import { BatchRun } from './batch-run';

/** So often an api looks for batches that nobody works on. */
const LOOK_MS = 1_000;
/** What one api holds in memory, and Redis of its batches, is at most so many windows (see batch-run.ts). */
const RUNS_AT_ONCE = 16;

/**
 * Works on open batches. Each is worked on by one api at a time, whose right to it runs out when it does not renew it;
 * after a kill another api, or this one when it is back, goes on.
 */
@Injectable()
export class BatchRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly runs = new Map<string, Promise<void>>();
  private readonly lookout: Lookout;

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Files) private readonly files: Files,
    @Inject(Submit) private readonly submit: Submit,
    @Inject(Log) private readonly log: Log,
  ) {
    this.lookout = new Lookout(pool, log, 'open batches', LOOK_MS, () => this.takeOpen());
  }

  onApplicationBootstrap(): void {
    this.lookout.start();
  }

  /** Lets go of its batches, so that others may go on at once. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.lookout.stop();
    await Promise.all(this.runs.values());
  }

  /** There is a new batch. */
  ring(): void {
    this.lookout.ring();
  }

  private async takeOpen(): Promise<void> {
    const open = (await this.pool.batches.open()).sort();
    for (const id of open) {
      if (this.stopping.signal.aborted || this.runs.size >= RUNS_AT_ONCE) return;
      if (this.runs.has(id) || !(await this.pool.batches.hold(id))) continue;
      const run = this.run(id).finally(() => this.runs.delete(id));
      this.runs.set(id, run);
    }
  }

  private async run(id: string): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([lost.signal, this.stopping.signal]);
    const renewal = setInterval(() => void this.renew(id, lost), this.pool.leaseMs / 3);
    try {
      const batch = await this.pool.batches.get(id);
      const { pool, files, submit } = this;
      const context = { pool, files, submit, windowJobs: pool.batchWindow };
      if (batch !== undefined) await new BatchRun(context, batch, signal).run();
    } catch (error) {
      if (signal.aborted) return;
      this.log.to.error({ batch: id, err: error }, 'work on a batch broke off; it is taken up again');
      await delay(LOOK_MS);
    } finally {
      clearInterval(renewal);
      if (this.pool.isReachable) await this.pool.batches.release(id).catch(() => undefined);
    }
  }

  private async renew(id: string, lost: AbortController): Promise<void> {
    const isHeld = await this.pool.batches.hold(id).catch(() => true);
    if (!isHeld) lost.abort();
  }
}
