import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Lookout } from '../lookout';
import { Log } from '../log';
import { Pool } from '../pool';

/** Goes on with bulk orders, piece by piece. One api at a time works on each, by a right that it renews with every piece. */
@Injectable()
export class BulkRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lookout: Lookout;

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Log) private readonly log: Log,
  ) {
    this.lookout = new Lookout(pool, log, 'bulk orders', 1_000, (signal) => this.look(signal));
  }

  onApplicationBootstrap(): void {
    this.lookout.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.lookout.stop();
  }

  /** There is something to do. */
  ring(): void {
    this.lookout.ring();
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { bulks } = this.pool;
    for (const id of await bulks.open()) {
      while (!signal.aborted && (await bulks.hold(id))) {
        const order = await bulks.get(id);
        if (order === undefined || order.cursor === null) break;
        const next = await bulks.goOn(order, { isDry: false });
        await bulks.save(next);
        if (next.cursor === null)
          this.log.to.info(
            { bulk: id, matched: next.matched, changed: next.changed },
            'a bulk order is done',
          );
      }
      await bulks.release(id);
    }
  }
}
