import { setTimeout as sleep } from 'node:timers/promises';
import type { Card, OtherLanes, SessionReport } from '@gistpool/engine';
import type { LaneKeeper } from './lane-keeper';

/** How long the fleet is kept waiting for new lanes while Redis does not take their sessions' places. */
const SETTLE_MS = 2_000;

/**
 * How a card changes its lanes under the eyes of the fleet:
 *
 * | mode     | what happens                                                             | ends when               |
 * |----------|--------------------------------------------------------------------------|-------------------------|
 * | none     | the keeper is asked between steps                                        | other lanes pay         |
 * | telling  | decoding goes on; the card's view says `reshaping`: nothing more is placed | a heartbeat has told it |
 * | told     | between two steps, at once: the lanes change                             | they have               |
 * | settling | decoding goes on in new lanes; the places of all who moved are written   | they are                |
 */
export class LaneChange {
  private mode: 'none' | 'telling' | 'told' | 'settling' = 'none';
  private other: OtherLanes | undefined;

  constructor(
    private readonly card: Card,
    private readonly keeper: Pick<LaneKeeper, 'look' | 'done'>,
  ) {}

  get isUnderWay(): boolean {
    return this.mode !== 'none';
  }

  /** A heartbeat with `reshaping` has reached Redis. */
  wasTold(): void {
    if (this.mode === 'telling') this.mode = 'told';
  }

  /**
   * Between two steps. `pass` gets the reports; `written` resolves when those of the jobs are written. Waits for nothing
   * but the change itself.
   */
  async goOn(
    pass: (report: SessionReport) => void,
    written: (jobs: readonly string[]) => Promise<unknown>,
  ): Promise<void> {
    if (this.mode === 'none') {
      this.other = this.keeper.look();
      if (this.other !== undefined) this.mode = 'telling';
    }
    if (this.mode !== 'told' || this.other === undefined) return;
    const reports: SessionReport[] = [];
    this.keeper.done(this.other, await this.card.reshape(this.other.plan, reports));
    for (const report of reports) pass(report);
    this.mode = 'settling';
    const moved = reports.flatMap(({ kind, jobId }) => (kind === 'moved' ? [jobId] : []));
    void Promise.race([written(moved), sleep(SETTLE_MS, undefined, { ref: false })]).then(
      () => (this.mode = 'none'),
    );
  }
}
