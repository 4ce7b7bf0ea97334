import type { FleetView } from '@gistpool/contracts';
import type { BatchProgress } from '../batch';
import type { PoolClient } from '../client/pool-client';
import type { Output } from '../output';
import { count } from './format';
import { fleetLines, fleetSummary } from './fleet-view';
import { LiveScreen } from './live-screen';
import { paint } from './paint';

const BAR_COLUMNS = 30;

/** Progress of some jobs over the fleet that decodes them. */
export class JobsView {
  private readonly screen: LiveScreen;

  constructor(
    private readonly client: PoolClient,
    private readonly output: Output,
  ) {
    this.screen = new LiveScreen(output);
  }

  async show(progress: BatchProgress): Promise<void> {
    // The view may go without the fleet; the jobs' end may not.
    const fleet: FleetView | undefined = await this.client.fleet().catch(() => undefined);
    const done = progressLine(progress);
    const { output } = this;
    const lines = fleet === undefined ? [] : fleetLines(fleet, output, paint(output.hasColor));
    this.screen.show([done, ...lines], fleet === undefined ? done : `${done}  ${fleetSummary(fleet)}`);
  }

  clear(): void {
    this.screen.clear();
  }
}

export function progressLine({ ended, completed, total }: BatchProgress): string {
  const filled = total === 0 ? BAR_COLUMNS : Math.floor((ended / total) * BAR_COLUMNS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
  const failed = ended - completed;
  return `${bar} ${count(ended)}/${count(total)} jobs${failed > 0 ? `, ${count(failed)} not completed` : ''}`;
}
