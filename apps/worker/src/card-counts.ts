import type { SessionReport } from '@gistpool/engine';

/** What became of the sessions of a card since it started. */
export class CardCounts {
  /** Completed, or cancelled while it had them. */
  endedJobs = 0;
  /** To other cells of the card: for want of cells, back from a park, or because it got other lanes. */
  moves = 0;
  parks = 0;
  /** For want of cells; a drain is none. */
  handBacks = 0;

  hear({ kind }: SessionReport): void {
    if (kind === 'finish') this.endedJobs += 1;
    else if (kind === 'moved') this.moves += 1;
    else if (kind === 'parked') this.parks += 1;
    else if (kind === 'outgrown') this.handBacks += 1;
  }
}
