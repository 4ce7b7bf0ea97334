import type { CardView, ModelInfo } from '@gistpool/contracts';
import type { LaneOffer } from '@gistpool/core';
import {
  featuresOf,
  parseQueueName,
  PlacedJobs,
  type Dispatch,
  type FetchedJob,
  type Placement,
  type PlacementTarget,
  type QueueState,
  type StopRequest,
} from '@gistpool/queue';
import type { Logger } from '@gistpool/telemetry';
import { Admission, type AdmissionBy, type Asking } from './admission';
import { FairFetch } from './fair-fetch';
import { Learning } from './learning';
import { Patience } from './patience';
import { tracePlacement } from './placement-trace';
import type { SchedulerMetrics } from './scheduler-metrics';
import { steadyNowMs } from './steady-clock';
import { TurnsBook } from './turns-book';

export interface SchedulerOptions {
  readonly leaseMs: number;
  /** A job of low priority is placed before all others when none like it was for half as long. */
  readonly ageingMs: number;
  /** The promise under which peaks are predicted. */
  readonly eps: number;
  readonly admission: AdmissionBy;
  readonly logger: Logger;
  readonly metrics?: SchedulerMetrics;
  /** Injected by tests. */
  readonly nowMs?: () => number;
}

/** A job whose worker was lost so often is given up: it is likely the cause. */
export const MAX_CRASHES = 3;
/** Jobs per model that may be held beyond its free slots, so that a narrow one behind wide ones still finds its own. */
const LOOKAHEAD = 64;
/** Of the ageing time, between two looks for jobs that waited too long. */
const OVERDUE_LOOKS = 0.01;
/** A round that fetched so many places them before it fetches more. */
const FETCH_AT_ONCE = 256;

/** `again`: there was more to do than one round does. `standby`: another scheduler leads. */
export type RoundOutcome = 'again' | 'idle' | 'standby';

interface Held extends Asking {
  /** What a slot must set aside for it; foreseen anew each round. */
  cells: number;
  readonly notBeforeMs: number;
  readonly fetchedAtMs: number;
  /** Since when no live lane of its model is wide enough. */
  misfitSinceMs?: number;
}

interface Placing {
  readonly job: Held;
  readonly target: PlacementTarget;
}

/**
 * Brings waiting jobs and free slots together. Owns the window of fetched jobs: what is in it has a lease that is
 * renewed every round, and leaves by being placed, ended, lost, or given back.
 */
export class Scheduler {
  private readonly window = new Map<string, Held>();
  private readonly book: TurnsBook;
  private lookForOverdueAtMs = 0;
  private readonly patience = new Patience();
  private readonly placed = new PlacedJobs();
  private readonly learning: Learning;
  private readonly admission: Admission;
  private models: ReadonlyMap<string, ModelInfo> = new Map();
  private leads = false;
  private recoverAtMs = 0;
  private readonly nowMs: () => number;

  constructor(
    private readonly dispatch: Dispatch,
    private readonly options: SchedulerOptions,
  ) {
    this.nowMs = options.nowMs ?? steadyNowMs;
    const { eps, admission, logger } = options;
    this.learning = new Learning(dispatch, { eps, admission, logger, nowMs: this.nowMs });
    this.admission = new Admission(admission);
    this.book = new TurnsBook(dispatch, { ageingMs: options.ageingMs, nowMs: this.nowMs });
  }

  /** Jobs that are fetched and not placed. */
  get held(): number {
    return this.window.size;
  }

  async round(): Promise<RoundOutcome> {
    if (!(await this.lead())) return 'standby';
    await this.recover();
    const { due, expired } = await this.dispatch.lookAtClock();
    if (due + expired > 0) this.options.logger.info({ due, expired }, 'the clock moved jobs');
    await this.keepWindow();

    const cards = await this.dispatch.cards();
    const placements = await this.dispatch.placements(cards.map((card) => card.card));
    this.models = new Map((await this.dispatch.models()).map((model) => [model.name, model]));
    const readPlaced = () =>
      this.placed.read(cards, placements, this.models, (ids) => this.dispatch.outlines(ids));
    await this.learning.look(this.models, readPlaced);
    this.admission.look(this.learning.predictor, this.models, this.learning.margins);
    const { offers, closed, overbooked } = await this.admission.places(cards, placements, readPlaced);
    if (overbooked.length > 0)
      this.options.logger.warn({ jobs: overbooked }, 'placed on slots that are gone');
    const incarnations = new Map(cards.map((card) => [card.card, card.incarnation]));
    const models = new Set(offers.map((offer) => offer.model));
    await this.giveBack([...this.window.values()].filter((held) => !models.has(held.model)));

    const paused = await this.dispatch.pausedQueues();
    await this.giveBack([...this.window.values()].filter((held) => paused.has(held)));
    const queues = (models.size === 0 ? [] : await this.dispatch.queues()).filter(
      (queue) => !paused.has(queue),
    );
    let outcome: RoundOutcome = 'idle';
    const looksForOverdue = this.nowMs() >= this.lookForOverdueAtMs;
    if (looksForOverdue) this.lookForOverdueAtMs = this.nowMs() + this.options.ageingMs * OVERDUE_LOOKS;
    for (const model of models) {
      this.beginTurns(model, cards, placements, queues);
      const mine = [...offers, ...closed].filter((offer) => offer.model === model);
      const done = await this.placeModel(
        model,
        mine,
        queues.filter((queue) => queue.model === model),
        incarnations,
        looksForOverdue,
      );
      if (done === 'standby') return this.stepDown();
      if (done === 'again') outcome = 'again';
    }
    await this.book.publishIfDue();
    return outcome;
  }

  /** Nothing fetched stays behind, and the next scheduler need not wait for the lead to run out. */
  async stop(): Promise<void> {
    await this.giveBack([...this.window.values()]);
    if (this.leads) {
      await this.learning.publish();
      await this.book.publish();
      await this.dispatch.resign();
    }
    this.leads = false;
  }

  private async lead(): Promise<boolean> {
    const leads = await this.dispatch.hold();
    if (leads !== this.leads) {
      this.options.logger.info(leads ? 'leading' : 'standing by: another scheduler leads');
      if (leads) {
        const { admission, eps } = this.options;
        await this.dispatch.tellRules({ admission, eps });
        await Promise.all([this.learning.takeOver(), this.book.takeOver()]);
      } else await this.giveBack([...this.window.values()]);
    }
    this.leads = leads;
    return leads;
  }

  private async stepDown(): Promise<'standby'> {
    await this.giveBack([...this.window.values()]);
    return 'standby';
  }

  /** Brings back what lost workers held, at most twice per lease. */
  private async recover(): Promise<void> {
    if (this.nowMs() < this.recoverAtMs) return;
    this.recoverAtMs = this.nowMs() + this.options.leaseMs / 2;
    for (const { jobId, outcome } of await this.dispatch.recover()) {
      this.options.metrics?.recover(outcome);
      this.options.logger.warn({ job: jobId, outcome }, 'the lease of a job ran out; it waits again');
    }
  }

  private async keepWindow(): Promise<void> {
    const held = [...this.window.values()].map(({ fetched }) => fetched);
    const { lost, stopRequested } = await this.dispatch.renew(held);
    for (const jobId of lost) this.window.delete(jobId);
    for (const { jobId, stop } of stopRequested) await this.stopHeld(jobId, stop);
  }

  private async placeModel(
    model: string,
    offers: readonly LaneOffer[],
    queues: readonly QueueState[],
    incarnations: ReadonlyMap<string, string>,
    looksForOverdue: boolean,
  ): Promise<RoundOutcome> {
    const turns = this.book.of(model);
    const fetch = new FairFetch(this.dispatch, turns);
    let free = offers.reduce((sum, offer) => sum + offer.freeSlots, 0);
    const sources = new Map(queues.map((queue) => [queue.name, queue]));
    if (looksForOverdue) await this.accept(await fetch.overdue(sources, this.nowMs(), this.heldFor(model)));
    let candidates = this.heldFor(model);
    for (const held of candidates) held.cells = this.admission.neededCells(held.fetched);
    const round = this.admission.round(model, offers, candidates, this.nowMs());
    let fetches = 0;
    for (;;) {
      const room = free + LOOKAHEAD - this.heldFor(model).length;
      const wanted = Math.min(free, room, FETCH_AT_ONCE - fetches);
      const fetched = await this.accept(await fetch.next(sources, wanted, this.heldFor(model)));
      fetches += fetched.length;
      const ready = [...candidates, ...fetched].filter((job) => job.notBeforeMs <= this.nowMs());
      const answers = turns.askAll(round, ready, this.nowMs());
      const placings: Placing[] = [];
      for (const { job, admission } of answers) {
        if (admission.ok) {
          const { card, lane } = admission.placement;
          const incarnation = incarnations.get(card) ?? '';
          placings.push({ job, target: { card, lane, incarnation, reservedCells: job.cells } });
        } else if (admission.reason === 'never-fits') {
          await this.failIfItStaysTooWide(job, admission.largestSlotCells);
        } else {
          delete job.misfitSinceMs;
        }
      }
      if ((await this.place(placings)) === 'standby') return 'standby';
      free -= placings.length;
      candidates = [];
      if (fetched.length === 0) return 'idle';
      // Others get their turn, and leases and lead are looked after, before more is fetched.
      if (fetches >= FETCH_AT_ONCE) return 'again';
    }
  }

  private beginTurns(
    model: string,
    cards: readonly CardView[],
    placements: ReadonlyMap<string, readonly Placement[]>,
    queues: readonly QueueState[],
  ): void {
    const running = cards
      .filter((card) => card.model === model)
      .flatMap(({ card }) => placements.get(card) ?? [])
      .map(({ jobId, queue, reservedCells }) => ({
        jobId,
        tenant: parseQueueName(queue).tenant,
        cells: reservedCells,
      }));
    const waiting = [...queues.filter((queue) => queue.model === model), ...this.heldFor(model)];
    this.book.of(model).look(running, new Set(waiting.map(({ tenant }) => tenant)), this.nowMs());
  }

  private async place(placings: readonly Placing[]): Promise<'placed' | 'standby'> {
    const outcomes = await this.dispatch.placeMany(
      placings.map(({ job, target }) => {
        const { fetched } = job;
        const predictedPeakCells = this.predictedPeakCells(fetched);
        const { reservedCells = Infinity, peakCells = 0 } = fetched;
        const outgrown = fetched.outgrown + (peakCells > reservedCells ? 1 : 0);
        return { job: fetched, target: { ...target, predictedPeakCells, outgrown } };
      }),
    );
    if (outcomes.includes('not-leader')) return 'standby';
    for (const [at, { job, target }] of placings.entries()) {
      const outcome = outcomes[at];
      if (outcome !== undefined) this.options.metrics?.placed(job.fetched, outcome, this.nowMs());
      if (outcome !== 'placed') this.book.of(job.model).notPlaced(job.jobId);
      if (outcome === 'placed') {
        this.note(job.fetched, target.reservedCells);
        this.window.delete(job.jobId);
        this.patience.placed(job.jobId, this.nowMs());
        const { card, lane, reservedCells } = target;
        tracePlacement(job.fetched, target, job.fetchedAtMs, this.nowMs());
        this.options.logger.info({ job: job.jobId, card, lane, cells: reservedCells }, 'placed');
      } else if (outcome === 'cancel-requested') {
        await this.stopHeld(job.jobId, 'cancel');
      } else if (outcome === 'expire-requested') {
        await this.stopHeld(job.jobId, 'expire');
      } else if (outcome === 'pause-requested') {
        await this.stopHeld(job.jobId, 'pause');
      } else if (outcome === 'lost') {
        this.window.delete(job.jobId);
      }
      // A card that went since the round began: the job stays in the window for the next.
    }
    return 'placed';
  }

  private note(fetched: FetchedJob, reservedCells: number): void {
    const { promisedPeakCells = this.predictedPeakCells(fetched), promisedAtMs = this.nowMs() } = fetched;
    this.placed.placed({ ...fetched, reservedCells, promisedPeakCells, promisedAtMs });
  }

  /** Never above the honest bound, which it is where nothing was learnt yet. */
  private predictedPeakCells(job: FetchedJob): number {
    const model = this.models.get(job.model);
    if (!model) return job.predictedPeakCells;
    return Math.min(
      job.predictedPeakCells,
      this.learning.predictor.predictedPeakCells(featuresOf(job, model)),
    );
  }

  /** Without those that were ended instead. */
  private async accept(fetched: readonly FetchedJob[]): Promise<Held[]> {
    const accepted: Held[] = [];
    for (const job of fetched) {
      const held = await this.acceptOne(job);
      if (held) accepted.push(held);
    }
    return accepted;
  }

  /** Undefined when the job was ended instead. */
  private async acceptOne(fetched: FetchedJob): Promise<Held | undefined> {
    const { id: jobId, model, tenant, priority, createdAtMs } = fetched;
    const cells = this.admission.neededCells(fetched);
    const notBeforeMs = this.patience.notBeforeMs(jobId, this.nowMs());
    const asking = { jobId, model, tenant, priority, createdAtMs, cells, fetched };
    const held: Held = { ...asking, notBeforeMs, fetchedAtMs: this.nowMs() };
    this.window.set(jobId, held);
    if (fetched.stopRequested) {
      await this.stopHeld(jobId, fetched.stopRequested);
      return undefined;
    }
    if (fetched.crashes >= MAX_CRASHES) {
      const message = `job ${jobId} was at work in ${fetched.crashes} workers that died; it is not tried again`;
      await this.fail(held, 'poison', message);
      return undefined;
    }
    return held;
  }

  /** Lanes go for a while when a worker restarts; only a job that stays too wide for a lease's time is failed. */
  private async failIfItStaysTooWide(job: Held, largestSlotCells: number): Promise<void> {
    job.misfitSinceMs ??= this.nowMs();
    if (this.nowMs() - job.misfitSinceMs < this.options.leaseMs) return;
    const number = (cells: number) => cells.toLocaleString('en-US');
    await this.fail(
      job,
      'does_not_fit',
      `job ${job.jobId} needs ${number(job.cells)} cells at its peak; the largest slot of ${job.model} holds ` +
        `${number(largestSlotCells)}. Lower max_thought_tokens or max_tokens, or add a larger lane.`,
    );
  }

  private async fail(held: Held, code: string, message: string): Promise<void> {
    this.window.delete(held.jobId);
    await this.dispatch.fail(held.fetched, { code, message });
    this.options.metrics?.fail(code);
    this.options.logger.warn({ job: held.jobId, code }, message);
  }

  private async stopHeld(jobId: string, stop: StopRequest): Promise<void> {
    const held = this.window.get(jobId);
    this.window.delete(jobId);
    if (!held) return;
    await this.dispatch.stop(held.fetched, stop);
    this.options.logger.info({ job: jobId, stop }, 'stopped before it was placed');
  }

  private async giveBack(jobs: readonly Held[]): Promise<void> {
    for (const { jobId, fetched } of jobs) {
      this.window.delete(jobId);
      await this.dispatch.giveBack(fetched);
    }
  }

  private heldFor(model: string): Held[] {
    return [...this.window.values()].filter((held) => held.model === model);
  }
}
