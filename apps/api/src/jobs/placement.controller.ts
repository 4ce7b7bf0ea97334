import { Controller, Get, Inject, Param } from '@nestjs/common';
import { isTerminal, type JobWait, type PlacementView } from '@gistpool/contracts';
import { fleetLedger, type JobRecord } from '@gistpool/queue';
import { Pool } from '../pool';
import { findJob } from './find-job';
import { explainWait } from './wait';

@Controller('v1/jobs')
export class PlacementController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get(':id/placement')
  async placement(@Param('id') id: string): Promise<PlacementView> {
    const job = await findJob(this.pool, id);
    const place = await this.placeOf(job);
    // A job that was placed or ended between two reads is told as it was at the first.
    const waits = job.state === 'waiting' || job.state === 'retrying';
    return {
      object: 'job.placement',
      id,
      state: job.state,
      model: job.model,
      tenant: job.tenant,
      predicted_cells: job.promisedPeakCells ?? job.predictedPeakCells,
      bound_cells: job.predictedPeakCells,
      attempts: { crashes: job.crashes, resumes: job.resumes },
      place,
      wait: waits ? await this.waitOf(job) : null,
    };
  }

  private async placeOf(job: JobRecord): Promise<PlacementView['place']> {
    const { card, state } = job;
    if (card === undefined || isTerminal(state) || state === 'waiting' || state === 'retrying') return null;
    const placed = await this.pool.whereabouts.placements([card]);
    const entry = placed.get(card)?.find(({ jobId }) => jobId === job.id);
    if (entry === undefined) return null;
    const { lane, reservedCells, placedAtMs } = entry;
    return { card, lane, reserved_cells: reservedCells, placed_at_ms: placedAtMs };
  }

  private async waitOf(job: JobRecord): Promise<JobWait> {
    const [cards, leader, standing, recentRunsMs] = await Promise.all([
      this.pool.fleet.cards(),
      this.pool.fleet.leader(),
      this.pool.whereabouts.standing(job),
      this.pool.whereabouts.recentRunsMs(job.model),
    ]);
    const placements = await this.pool.whereabouts.placements(cards.map(({ card }) => card));
    const { ledger, closed } = fleetLedger(cards, placements);
    const offers = ledger.offers();
    const { model } = job;
    return explainWait({
      model,
      cells: neededCells(job),
      leader,
      cards,
      offers,
      closed,
      standing,
      recentRunsMs,
    });
  }
}

/** What a place is looked for with where the scheduler places by bounds (by predicted peaks it may be less). */
const neededCells = (job: JobRecord): number => Math.max(job.predictedPeakCells, job.peakCells ?? 0);
