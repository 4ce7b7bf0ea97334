import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Lookout } from '../lookout';
import { Log } from '../log';
import { Pool } from '../pool';
import { KeepSettings } from './keep-settings';
import { sweepBlobs } from './sweep-blobs';

/** A look forgets at most so many pieces, so that a stop need not wait long. */
const PIECES = 100;

/** Lets go of records and results that are not to be kept any longer, and of blobs that nobody knows. One api at a time. */
@Injectable()
export class Keeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lookout: Lookout;
  private sweepAtMs = 0;

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(KeepSettings) private readonly settings: KeepSettings,
    @Inject(Log) private readonly log: Log,
  ) {
    this.lookout = new Lookout(pool, log, 'what is kept', settings.lookMs, (signal) => this.look(signal));
  }

  onApplicationBootstrap(): void {
    this.lookout.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.lookout.stop();
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { retention, blobs } = this.pool;
    const { lookMs, sweepMs } = this.settings;
    if (!(await retention.hold(2 * lookMs))) return;
    for (let piece = 0; piece < PIECES && !signal.aborted; piece += 1) {
      const forgotten = await retention.forget(this.settings.kept(Date.now()));
      for (const id of forgotten) await blobs.delete(`results/${id}.json`);
      if (forgotten.length === 0) break;
      this.log.to.info({ jobs: forgotten.length }, 'records and results of old jobs are gone');
    }
    if (signal.aborted || Date.now() < this.sweepAtMs) return;
    this.sweepAtMs = Date.now() + sweepMs;
    const swept = await sweepBlobs(this.pool, this.settings, Date.now(), signal);
    if (swept.orphans + swept.results > 0) this.log.to.info(swept, 'blobs are deleted');
  }
}
