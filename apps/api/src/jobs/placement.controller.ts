import { Controller, Get, Inject, Param } from '@nestjs/common';
import { isTerminal, type CardView, type JobWait, type PlacementView } from '@gistpool/contracts';
import {
  fleetLedger,
  Foresight,
  marginsFrom,
  PlacedJobs,
  predictorFrom,
  type JobRecord,
} from '@gistpool/queue';
import { Pool } from '../pool';
import { findJob } from './find-job';
import { explainWait, type Wait } from './wait';

@Controller('v1/jobs')
export class PlacementController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get(':id/placement')
  async placement(@Param('id') id: string): Promise<PlacementView> {
    const job = await findJob(this.pool, id);
    const place = await this.placeOf(job);
    // A job that was placed or ended between two reads is told as it was at the first.
    const isWaiting = job.state === 'waiting' || job.state === 'retrying';
    const waiting = isWaiting ? await this.waitOf(job) : undefined;
    return {
      object: 'job.placement',
      id,
      state: job.state,
      model: job.model,
      tenant: job.tenant,
      predicted_cells: job.promisedPeakCells ?? waiting?.cells ?? job.predictedPeakCells,
      bound_cells: job.predictedPeakCells,
      attempts: { crashes: job.crashes, resumes: job.resumes },
      place,
      wait: waiting?.wait ?? null,
    };
  }

  private async placeOf(job: JobRecord): Promise<PlacementView['place']> {
    const { card, state } = job;
    if (
      card === undefined ||
      isTerminal(state) ||
      state === 'waiting' ||
      state === 'retrying' ||
      state === 'delayed' ||
      state === 'paused'
    )
      return null;
    const placed = await this.pool.whereabouts.placements([card]);
    const entry = placed.get(card)?.find(({ jobId }) => jobId === job.id);
    if (entry === undefined) return null;
    const { lane, reservedCells, placedAtMs } = entry;
    return { card, lane, reserved_cells: reservedCells, placed_at_ms: placedAtMs };
  }

  /** `cells`: what a place is looked for with. */
  private async waitOf(job: JobRecord): Promise<{ readonly cells: number; readonly wait: JobWait }> {
    const [cards, leader, paused, standing, recentRunsMs] = await Promise.all([
      this.pool.fleet.cards(),
      this.pool.fleet.leader(),
      this.pool.queueOrders.paused(),
      this.pool.whereabouts.standing(job),
      this.pool.whereabouts.recentRunsMs(job.model),
    ]);
    const { model } = job;
    const looksFor = await this.looksFor(job, cards);
    const isPaused = paused.has(job);
    const wait = explainWait({ ...looksFor, model, isPaused, leader, cards, standing, recentRunsMs });
    return { cells: looksFor.cells, wait };
  }

  /** As the scheduler that leads looks for a place: by what it has learnt, or by bounds. */
  private async looksFor(
    job: JobRecord,
    cards: readonly CardView[],
  ): Promise<Pick<Wait, 'cells' | 'newcomer' | 'offers' | 'closed'>> {
    const { whereabouts, predictions, fleet } = this.pool;
    const [placements, published] = await Promise.all([
      whereabouts.placements(cards.map(({ card }) => card)),
      predictions.latest(),
    ]);
    const learnt = published?.admission === 'predicted' ? predictorFrom(published) : undefined;
    if (!published || !learnt?.ok) {
      const { ledger, closed } = fleetLedger(cards, placements);
      const cells = Math.max(job.predictedPeakCells, job.peakCells ?? 0);
      return { cells, offers: ledger.offers(), closed };
    }
    const models = new Map((await fleet.models()).map((model) => [model.name, model]));
    const foresight = new Foresight(learnt.predictor, models, marginsFrom(published));
    const { ledger, closed } = fleetLedger(cards, placements, 'courses');
    const placed = await new PlacedJobs().read(cards, placements, models, (ids) => whereabouts.outlines(ids));
    const { newcomer } = foresight.foresee({ ...job, thoughts: job.thoughts ?? 0 });
    const offers = foresight.withPools(ledger.offers(), cards, placed);
    return { cells: newcomer.predictedPeakCells, newcomer, offers, closed };
  }
}
