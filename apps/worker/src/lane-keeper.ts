import { isWorthReshaping, type LaneGoal, SESSIONS_TO_PLAN_BY } from '@gistpool/core';
import type { Card, OtherLanes, Reshaped } from '@gistpool/engine';
import type { Logger } from '@gistpool/telemetry';
import { type Admission, expectedMix, type Published } from './pool-predictions';

export interface LaneKeeperParts {
  readonly card: Pick<Card, 'model' | 'usualJob' | 'learn' | 'consider'>;
  readonly admission: Admission;
  readonly goal: LaneGoal;
  /** Undefined: there is nothing to read. */
  readonly read: () => Promise<Published | undefined>;
  /** What the lanes were planned by. */
  readonly planned?: Published;
  readonly log: Logger;
  /** Injected by tests. */
  readonly nowMs?: () => number;
}

const EVERY_MS = 30_000;
/** As long as the pool knows too little of the model's sessions to plan by. */
const COLD_EVERY_MS = 3_000;
/** A card that was re-shaped stays as it is for so long; and so long are lanes taken to be right. */
const LASTS_MS = 180_000;

/**
 * Reads what the pool has learnt from time to time, beside the decode loop. The loop asks it between two steps, and it
 * never makes the loop wait: it gives the card what is new, and says whether other lanes would pay.
 */
export class LaneKeeper {
  private news: Published | undefined;
  private knownAtMs = -Infinity;
  private notBeforeMs = 0;
  private isCold = true;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private readonly nowMs: () => number;

  constructor(private readonly parts: LaneKeeperParts) {
    this.nowMs = parts.nowMs ?? (() => performance.now());
    this.news = parts.planned;
    // Lanes that were planned by little are planned anew as soon as more is known.
    if (parts.planned !== undefined && this.knowsEnough(parts.planned)) this.stay();
  }

  /** Reads at once what was not read for the lanes' plan, and again from time to time. */
  start(wake: () => void): void {
    this.readIn(this.news === undefined ? 0 : this.everyMs, wake);
  }

  /** The loop comes to it at its next look. */
  hear(published: Published | undefined): void {
    if (published !== undefined && published.publishedAtMs > this.knownAtMs) this.news = published;
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Between two steps: what is new goes to the card. Returns lanes for which it pays to leave the present ones. */
  look(): OtherLanes | undefined {
    const { news } = this;
    if (news === undefined) return undefined;
    const { card, admission, goal, log } = this.parts;
    this.news = undefined;
    this.knownAtMs = news.publishedAtMs;
    card.learn(news.ended, news.epoch);
    this.isCold &&= !this.knowsEnough(news);
    if (this.nowMs() < this.notBeforeMs) return undefined;
    const mix = expectedMix(news, admission, card.model.name, card.usualJob);
    const other = card.consider(() => mix.demand);
    if (other === undefined) return undefined;
    const { present, planned, reshapeMs } = other;
    const { meanCells, deviationCells } = mix.demand;
    const figures = {
      from: other.from,
      to: other.to,
      present,
      planned,
      reshapeMs: Math.round(reshapeMs),
      endedSessions: Math.round(mix.endedSessions),
      meanCells: Math.round(meanCells),
      deviationCells: Math.round(deviationCells),
    };
    if (!isWorthReshaping(present, planned, reshapeMs, LASTS_MS, goal)) {
      log.debug(figures, 'lanes stay: others would not pay');
      return undefined;
    }
    log.info(
      figures,
      `lanes: ${other.from} -> ${other.to}: about ${planned.sessions} sessions at once instead of ${present.sessions}, ` +
        `${planned.tokensPerSecond.toFixed(0)} instead of ${present.tokensPerSecond.toFixed(0)} tokens/s, by ` +
        `${mix.endedSessions.toFixed(0)} sessions that ended and held ${meanCells.toFixed(0)} cells on average`,
    );
    return other;
  }

  done({ from, to }: OtherLanes, { ms, sessions, refused }: Reshaped): void {
    const { log } = this.parts;
    this.stay();
    if (refused === undefined)
      log.info({ to, ms: Math.round(ms), sessions }, `lanes are ${to} now: ${sessions} sessions moved`);
    else log.warn({ from, to, refused }, `lanes stay ${from}: ${to} could not be made: ${refused}`);
  }

  private get everyMs(): number {
    return this.isCold ? COLD_EVERY_MS : EVERY_MS;
  }

  private readIn(ms: number, wake: () => void): void {
    this.timer = setTimeout(() => {
      void this.parts.read().then((published) => {
        this.hear(published);
        if (this.isStopped) return;
        if (this.news !== undefined) wake();
        this.readIn(this.everyMs, wake);
      });
    }, ms);
    this.timer.unref();
  }

  private stay(): void {
    this.notBeforeMs = this.nowMs() + LASTS_MS;
  }

  private knowsEnough(published: Published): boolean {
    const { model, usualJob } = this.parts.card;
    return expectedMix(published, 'predicted', model.name, usualJob).endedSessions >= SESSIONS_TO_PLAN_BY;
  }
}
