import type { ModelScaling } from '@gistpool/contracts';
import { cardsNeeded, type CardsNeeded, type ScalingRules } from '@gistpool/core';
import { ASSUMED_RUN_MS, cellsOf, type ModelDemand } from './model-demand';

export function toScalingView(model: string, demand: ModelDemand, rules: ScalingRules): ModelScaling {
  const needed = cardsNeeded(demand, rules);
  return {
    model,
    desired_cards: needed.cards,
    present_cards: demand.presentCards,
    waiting_jobs: demand.waitingJobs,
    running_jobs: demand.runningJobs,
    card_cells: demand.lanes === undefined ? null : cellsOf(demand.lanes),
    demanded_cells: demand.demandedCells,
    backlog_cell_seconds: Math.round(demand.backlogCellMs / 1000),
    reason: reasonOf(demand, needed, rules),
  };
}

/** A model that no worker has announced: nothing can be submitted for it until one does. */
export function unseenModel(model: string, { minCards, maxCards }: ScalingRules): ModelScaling {
  const nothing = { present_cards: 0, waiting_jobs: 0, running_jobs: 0, demanded_cells: 0 };
  return {
    model,
    desired_cards: Math.min(maxCards, Math.max(1, minCards)),
    ...nothing,
    card_cells: null,
    backlog_cell_seconds: 0,
    reason: `no card of ${model} was ever seen: one, so that jobs can be submitted and what a card holds is known`,
  };
}

function reasonOf(demand: ModelDemand, needed: CardsNeeded, rules: ScalingRules): string {
  const { binds, wanted } = needed;
  if (binds === 'idle') return 'nothing waits and nothing runs';
  const jobs = `${grouped(demand.waitingJobs)} waiting and ${counted(demand.runningJobs, 'running job')}`;
  if (binds === 'maximum')
    return `${jobs} ask for ${counted(wanted, 'card')}; GISTPOOL_SCALING_MAX_CARDS allows ${grouped(rules.maxCards)}`;
  if (binds === 'minimum')
    return `${jobs} ask for ${counted(wanted, 'card')}; GISTPOOL_SCALING_MIN_CARDS keeps ${grouped(rules.minCards)}`;
  return [sentence(binds, jobs, demand, needed, rules), ...asides(demand)].join('; ');
}

function sentence(
  binds: CardsNeeded['binds'],
  jobs: string,
  demand: ModelDemand,
  { toDrain, toHoldAll }: CardsNeeded,
  { drainMs }: ScalingRules,
): string {
  const within = `${grouped(Math.round(drainMs / 1000))} s`;
  switch (binds) {
    case 'at-work':
      return `${jobs}: ${counted(demand.cardsAtWork, 'card')} have running jobs and are kept`;
    case 'closed':
      return `${jobs}, all on cards that take no new ones`;
    case 'unseen':
      return `${jobs}, and what a card holds is not known yet`;
    case 'together':
      return `${jobs} fill ${fraction(toHoldAll)} cards at once; more could not be used`;
    default:
      return (
        `${jobs}, ${grouped(Math.round(demand.backlogCellMs / 1000))} cell-seconds waiting: ` +
        `${fraction(toDrain)} cards end them within ${within} (${fraction(toHoldAll)} would hold all at once)`
      );
  }
}

function asides({ cardsClosed, isRunAssumed }: ModelDemand): string[] {
  return [
    ...(cardsClosed > 0 ? [`${counted(cardsClosed, 'cordoned card')} on top`] : []),
    ...(isRunAssumed ? [`a run is assumed to take ${ASSUMED_RUN_MS / 1000} s, none has ended yet`] : []),
  ];
}

const grouped = (value: number): string => value.toLocaleString('en-US');

const fraction = (cards: number): string => cards.toLocaleString('en-US', { maximumFractionDigits: 2 });

const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
