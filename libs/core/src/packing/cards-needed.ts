/** One lane of a card, as far as places in it go. */
export interface CardLane {
  readonly slots: number;
  /** The widest job that one slot holds. */
  readonly slotCells: number;
  /** The slots share so many cells; left out: each has its own. */
  readonly sharedCells?: number;
}

/** Jobs alike that have no place. */
export interface WaitingDemand {
  /** Need not be whole: it may stand for a sample. */
  readonly jobs: number;
  /** What is set aside for one of them. */
  readonly cells: number;
  readonly runMs: number;
}

/** A job that has a place on a card which takes jobs. */
export interface RunningDemand {
  readonly cells: number;
  /** Until its end, as far as that can be foreseen. */
  readonly leftMs: number;
}

export interface CardDemand {
  readonly waiting: readonly WaitingDemand[];
  readonly running: readonly RunningDemand[];
  /** Cards that take jobs and have some: these are kept. */
  readonly cardsAtWork: number;
  /** Cards that take no jobs by an order. They stay where they are and count on top. */
  readonly cardsClosed: number;
  /** Jobs that run on closed cards. */
  readonly runningOnClosed: number;
  /** Of one card; undefined: none of this model was ever seen. */
  readonly lanes: readonly CardLane[] | undefined;
}

export interface ScalingRules {
  /** Within this time the backlog is to be drained. */
  readonly drainMs: number;
  readonly minCards: number;
  readonly maxCards: number;
}

/** What decided: see the fields of CardsNeeded. `unseen`: the first card, to learn what one holds. */
export type CardsBind =
  'idle' | 'unseen' | 'drain' | 'together' | 'at-work' | 'closed' | 'minimum' | 'maximum';

export interface CardsNeeded {
  readonly cards: number;
  readonly binds: CardsBind;
  /** Without minimum and maximum. */
  readonly wanted: number;
  /** To end what waits in time, beside what runs. Not whole. */
  readonly toDrain: number;
  /** To give every job, waiting or running, its place at once: more could not be used. Not whole. */
  readonly toHoldAll: number;
}

/**
 * How many cards a model's backlog is worth. Time and places are taken as fluid: a card is full when its slots, or the cells
 * that they share, are. Narrow jobs may use wide slots but not the other way round, so the widest jobs alone must have
 * enough wide places, and so must any jobs from some width on (Hall's condition; slots of growing width nest).
 * More jobs never ask for fewer cards, and while one waits the answer is never 0.
 */
export function cardsNeeded(demand: CardDemand, rules: ScalingRules): CardsNeeded {
  const { waiting, running, cardsAtWork, cardsClosed } = demand;
  const lanes = demand.lanes?.filter(({ slots }) => slots > 0) ?? [];
  const waits = waiting.some(({ jobs }) => jobs > 0);
  const bounded = (wanted: number, binds: CardsBind, toDrain: number, toHoldAll: number): CardsNeeded => {
    const figures = { wanted, toDrain, toHoldAll };
    if (wanted > rules.maxCards) return { cards: rules.maxCards, binds: 'maximum', ...figures };
    if (wanted < rules.minCards)
      return { cards: Math.min(rules.minCards, rules.maxCards), binds: 'minimum', ...figures };
    return { cards: wanted, binds, ...figures };
  };
  if (!waits && running.length === 0 && demand.runningOnClosed === 0) return bounded(0, 'idle', 0, 0);
  if (lanes.length === 0) {
    return bounded(Math.max(1, cardsAtWork) + cardsClosed, 'unseen', 0, 0);
  }
  const held = running.map(({ cells, leftMs }) => ({ jobs: 1, cells, runMs: leftMs }));
  const toDrain = cardsFor(lanes, [
    ...waiting.map(({ jobs, cells, runMs }) => ({ cells, load: (jobs * runMs) / rules.drainMs })),
    ...held.map(({ cells, runMs }) => ({ cells, load: Math.min(1, runMs / rules.drainMs) })),
  ]);
  const toHoldAll = cardsFor(
    lanes,
    [...waiting, ...held].map(({ cells, jobs }) => ({ cells, load: jobs })),
  );
  const useful = Math.max(waits ? 1 : 0, whole(Math.min(toDrain, toHoldAll)));
  const open = Math.max(useful, cardsAtWork);
  const binds = open > useful ? 'at-work' : toDrain <= toHoldAll ? 'drain' : 'together';
  return bounded(open + cardsClosed, open === 0 ? 'closed' : binds, toDrain, toHoldAll);
}

/** `load`: so many jobs at once, averaged over time. */
interface Load {
  readonly cells: number;
  readonly load: number;
}

function cardsFor(lanes: readonly CardLane[], loads: readonly Load[]): number {
  const widths = [...new Set(lanes.map(({ slotCells }) => slotCells))].sort((a, b) => a - b);
  const widest = widths.at(-1) ?? 0;
  let narrower = Number.NEGATIVE_INFINITY;
  let most = 0;
  for (const width of widths) {
    const wide = lanes.filter((lane) => lane.slotCells >= width);
    const slots = wide.reduce((sum, lane) => sum + lane.slots, 0);
    const shares = wide.some((lane) => lane.sharedCells !== undefined);
    const total = wide.reduce((sum, lane) => sum + (lane.sharedCells ?? lane.slots * lane.slotCells), 0);
    let cards = 0;
    for (const { cells, load } of loads) {
      // What is wider than any slot counts as if it filled the widest.
      const share = shares ? Math.min(cells, widest) / total : 0;
      if (cells > narrower) cards += load * Math.max(1 / slots, share);
    }
    most = Math.max(most, cards);
    narrower = width;
  }
  return most;
}

/** Sums of fractions are off by a little. */
const whole = (cards: number): number => Math.ceil(cards - 1e-9);
