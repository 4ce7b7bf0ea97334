import {
  linearSharing,
  planLanes,
  Predictor,
  rateOf,
  SESSIONS_TO_PLAN_BY,
  type Demand,
} from '@gistpool/core';
import type { Card, OtherLanes, UsualJob } from '@gistpool/engine';
import { createLogger } from '@gistpool/telemetry';
import { describe, expect, it } from 'vitest';
import { LaneKeeper } from './lane-keeper';
import { type Admission, expectedMix, type Published } from './pool-predictions';

const MINUTE_MS = 60_000;
const usualJob: UsualJob = {
  policy: { kind: 'lightthinker', splitter: 1, gists: [2, 3], continueToken: 4 },
  promptTokens: 320,
  limits: { maxTokens: 2048, maxThoughts: 64, maxThoughtTokens: 400 },
};
const time = { passMs: 4, sessionMs: 0.1, cellMs: 1e-4, sharing: linearSharing(0.02), prefillMs: 0.1 };
const limits = { cells: 16_384, mostSessions: 256, mostSharing: 1 };
const MODEL = 'nano';

/** After so many sessions whose thoughts had so many tokens. */
function published(sessions: number, publishedAtMs: number, tokens = 16): Published {
  const ended = new Predictor({ eps: 0.1 });
  for (let session = 0; session < sessions; session += 1) {
    const progress = ended.begin({ ...usualJob, model: MODEL, task: '', promptTokens: 64 }, 700, 0);
    for (let thought = 0; thought < 5; thought += 1) ended.thought(progress, tokens, 90 + tokens);
    ended.end(progress, 5, 90 + tokens);
  }
  return { publishedAtMs, ended, all: ended, epoch: 0 };
}

/** A card's lanes as planned, and what it was given to learn. */
class PlannedCard implements Pick<Card, 'model' | 'usualJob' | 'learn' | 'consider'> {
  readonly usualJob = usualJob;
  readonly model = { name: MODEL } as Card['model'];
  readonly learnt: Predictor[] = [];
  private present;

  constructor(demand: Demand) {
    this.present = planLanes(demand, limits, time, 2.5);
  }

  learn(pool: Predictor): void {
    this.learnt.push(pool);
  }

  consider(demandOf: (job: UsualJob) => Demand): OtherLanes {
    const demand = demandOf(usualJob);
    const planned = planLanes(demand, limits, time, 2.5);
    const lanes = planned.lanes.map(({ pools, cells }) => ({ slots: pools, cells }));
    return {
      plan: { lanes, poolSessions: 1, kvBudgetBytes: limits.cells, kvBytesPerCell: 1 },
      from: this.present.why,
      to: planned.why,
      present: rateOf(this.present.lanes, demand, time, 2.5),
      planned,
      reshapeMs: 500,
    };
  }

  follow(): void {
    this.present = planLanes(expectedMix(this.last, 'predicted', MODEL, usualJob).demand, limits, time, 2.5);
  }

  last: Published | undefined;
}

function rig(planned?: Published, admission: Admission = 'predicted') {
  const card = new PlannedCard(expectedMix(planned, admission, MODEL, usualJob).demand);
  let nowMs = 0;
  const keeper = new LaneKeeper({
    card,
    admission,
    goal: 'speed',
    read: () => Promise.resolve(undefined),
    ...(planned && { planned }),
    log: createLogger('test', 'silent'),
    nowMs: () => nowMs,
  });
  const lookAt = (news: Published, atMs: number): OtherLanes | undefined => {
    nowMs = atMs;
    card.last = news;
    keeper.hear(news);
    return keeper.look();
  };
  const follow = (other: OtherLanes) => {
    card.follow();
    keeper.done(other, { ms: 400, sessions: 3 });
  };
  return { card, keeper, lookAt, follow };
}

describe('the keeper of lanes', () => {
  it('wants other lanes as soon as enough sessions have ended, and not before', () => {
    const { lookAt } = rig();
    expect(lookAt(published(SESSIONS_TO_PLAN_BY - 1, 1), 0)).toBeUndefined();
    // A peak that nine in ten keep below is known from somewhat more.
    const other = lookAt(published(2 * SESSIONS_TO_PLAN_BY, 2), 1);
    expect(other?.planned.sessions).toBeGreaterThan(2 * (other?.present.sessions ?? Infinity));
  });

  it('wants none where places are reserved by bounds', () => {
    const { lookAt } = rig(undefined, 'bound');
    expect(lookAt(published(500, 1), 0)).toBeUndefined();
  });

  it('wants no more once it has them, and leaves them for some minutes whatever comes', () => {
    const { lookAt, follow } = rig();
    const other = lookAt(published(60, 1), 0);
    if (other === undefined) throw new Error('it wanted none');
    follow(other);
    for (let look = 1; look < 40; look += 1)
      expect(lookAt(published(60 + look, 1 + look), look * 30_000)).toBeUndefined();
    const [long, now] = [250, 25 * MINUTE_MS];
    const again = lookAt(published(200, 100, long), now);
    if (again === undefined) throw new Error('longer thoughts need wider slots');
    follow(again);
    expect(lookAt(published(200, 101), now + MINUTE_MS)).toBeUndefined();
    expect(lookAt(published(200, 102), now + 4 * MINUTE_MS)).toBeDefined();
  });

  it('leaves lanes that were planned by enough for some minutes from the start', () => {
    const { lookAt, keeper } = rig(published(60, 1, 250));
    expect(keeper.look()).toBeUndefined();
    expect(lookAt(published(400, 2), MINUTE_MS)).toBeUndefined();
    expect(lookAt(published(400, 3), 4 * MINUTE_MS)).toBeDefined();
  });

  it('gives the card each thing that is new, once', () => {
    const { card, lookAt, keeper } = rig(published(60, 1));
    keeper.look();
    lookAt(published(70, 2), 0);
    lookAt(published(70, 2), 0);
    keeper.look();
    expect(card.learnt).toHaveLength(2);
  });
});
