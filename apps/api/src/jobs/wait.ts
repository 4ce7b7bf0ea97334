import { canEverFit, freeCellsOf, largestSlotCells, type LaneOffer, type Newcomer } from '@gistpool/core';
import type { CardView, JobWait } from '@gistpool/contracts';
import type { Standing } from '@gistpool/queue';

/** Fewer runs tell nothing. */
const FEWEST_RUNS = 3;

export interface Wait {
  readonly model: string;
  /** That a place is looked for with. */
  readonly cells: number;
  /** What is foreseen of the job: for offers that have pools. */
  readonly newcomer?: Newcomer;
  readonly leader: string | null;
  /** Nothing of its queue is placed, by an order. */
  readonly isPaused?: boolean;
  /** Cards of all models. */
  readonly cards: readonly CardView[];
  /** Lanes that take jobs, with what is free of them. */
  readonly offers: readonly LaneOffer[];
  /** Lanes of cordoned cards. */
  readonly closed: readonly LaneOffer[];
  readonly standing: Standing;
  readonly recentRunsMs: readonly number[];
}

/** Why a job is not placed yet, and when it may be. */
export function explainWait(wait: Wait): JobWait {
  const jobsBefore = beforeIt(wait.standing);
  const { reason, text } = reasonOf(wait, jobsBefore);
  return {
    position: wait.standing.position ?? null,
    waiting: wait.standing.waiting.reduce((sum, { jobs }) => sum + jobs, 0),
    reason,
    text,
    eta_ms: etaMs(wait, reason, jobsBefore),
  };
}

/** Tenants get equal shares: if their jobs are alike, of the others as many come first as of its own. */
function beforeIt({ position, waiting: [own, ...others] }: Standing): number {
  const turns = position ?? own?.jobs ?? 1;
  return turns - 1 + others.reduce((sum, { jobs }) => sum + Math.min(jobs, turns), 0);
}

function reasonOf(wait: Wait, jobsBefore: number): Pick<JobWait, 'reason' | 'text'> {
  const { model, cells, leader, offers } = wait;
  if (wait.isPaused)
    return { reason: 'paused', text: 'its queue is paused; POST /v1/queues/resume lets it go on' };
  const cards = wait.cards.filter((card) => card.model === model).length;
  if (leader === null) return { reason: 'no_scheduler', text: 'no scheduler leads at the moment' };
  if (cards === 0) return { reason: 'no_card', text: `no card serves ${model} at the moment` };
  const own = offers.filter((offer) => offer.model === model);
  if (own.length === 0)
    return {
      reason: 'no_card_takes_jobs',
      text: `of ${counted(cards, 'card')} of ${model} none takes new jobs`,
    };
  const widest = largestSlotCells([...own, ...wait.closed], model);
  const needs = `needs ${grouped(cells)} cells`;
  if (!canEverFit(widest, cells))
    return { reason: 'too_wide', text: `${needs}; the widest slot of any card has ${grouped(widest)}` };
  const holding = slotsThatHold(wait);
  if (holding === 0)
    return {
      reason: 'no_card_takes_jobs',
      text: `${needs}; the cards that have slots so wide take no new jobs`,
    };
  const withSlots = own.filter((offer) => offer.freeSlots > 0);
  if (withSlots.some((offer) => hasRoom(offer, wait))) {
    if (jobsBefore === 0) return { reason: 'next_round', text: 'a slot is free; the next round places it' };
    return {
      reason: 'behind_others',
      text: `a slot is free; ${counted(jobsBefore, 'job')} may come before it`,
    };
  }
  const taken =
    holding === 1 ? 'the only slot that holds them is' : `all ${grouped(holding)} slots that hold them are`;
  const free = Math.max(0, ...withSlots.map(freeCellsOfOne));
  if (withSlots.some(({ pool }) => pool !== undefined)) {
    const roomiest = `the roomiest pool has ${grouped(Math.floor(free))} free at its fullest`;
    return { reason: 'no_free_slot', text: `${needs} at its peak; by what is foreseen ${roomiest}` };
  }
  const text =
    free === 0
      ? `${needs}; ${taken} taken`
      : `${needs}; the widest free slot of any card has ${grouped(free)}`;
  return { reason: 'no_free_slot', text };
}

const hasRoom = (offer: LaneOffer, { cells, newcomer }: Wait): boolean =>
  offer.pool && newcomer ? offer.pool.canAdmit(newcomer) : freeCellsOfOne(offer) >= cells;

/** Those before it and itself, at the pace at which slots that hold it come free. */
function etaMs(
  { recentRunsMs, ...wait }: Wait,
  reason: JobWait['reason'],
  jobsBefore: number,
): number | null {
  if (reason === 'next_round') return 0;
  if (reason !== 'no_free_slot' && reason !== 'behind_others') return null;
  if (recentRunsMs.length < FEWEST_RUNS) return null;
  const meanRunMs = recentRunsMs.reduce((sum, ms) => sum + ms, 0) / recentRunsMs.length;
  return Math.round((meanRunMs * (jobsBefore + 1)) / Math.max(1, slotsThatHold(wait)));
}

/** Slots, taken or not, in which the job would fit; of a pool as many such jobs as fit together. */
function slotsThatHold({
  model,
  cells,
  newcomer,
  cards,
  offers,
}: Pick<Wait, 'model' | 'cells' | 'newcomer' | 'cards' | 'offers'>): number {
  // Sessions that share a pool are not at their peaks at the same time.
  const eachCells = Math.max(1, Math.min(cells, newcomer?.outlook.most(0) ?? cells));
  const isOffered = (card: string) => offers.some((offer) => offer.card === card);
  return cards
    .filter((card) => card.model === model && isOffered(card.card))
    .flatMap((card) => card.lanes)
    .filter((lane) => lane.cells_per_slot >= cells)
    .reduce((sum, { slots, shared_cells: shared }) => {
      const together = shared === undefined ? slots.length : Math.floor(shared / eachCells);
      return sum + Math.min(slots.length, together);
    }, 0);
}

/** For one job. */
const freeCellsOfOne = (offer: LaneOffer): number =>
  Math.min(offer.slotCells, offer.pool ? freeCellsOf(offer) : (offer.freeCells ?? offer.slotCells));

const grouped = (value: number): string => value.toLocaleString('en-US');

const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
