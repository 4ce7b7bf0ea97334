import type { SimCard } from '../sim-card';
import type { Elastic, Watcher } from '../simulation';
import type { ScalingRule } from './scaling-rule';

/** How the cluster follows what is wanted: KEDA asks, the HPA steps (autoscaling/v2 `behavior` of our chart). */
export interface Following {
  readonly askEveryMs: number;
  /** From the order until a card takes jobs: a node, a container, a model that is loaded. */
  readonly startMs: number;
  /** The most that was wanted within this time is kept. */
  readonly keepMs: number;
  /** One card is taken away in this time. */
  readonly takeAwayEveryMs: number;
}

export const CHART: Following = {
  askEveryMs: 15_000,
  startMs: 90_000,
  keepMs: 300_000,
  takeAwayEveryMs: 60_000,
};

/** Opens and closes the cards of a fleet; owns which of them there are, and counts what they cost. */
export class Autoscaler implements Watcher {
  nextAtMs = 0;
  /** From the order to the end. */
  cardMs = 0;
  mostCards = 0;
  handedBack = 0;
  private readonly ready = new Map<SimCard, number>();
  private readonly wantedAt: { readonly atMs: number; readonly cards: number }[] = [];
  private countedAtMs = 0;
  private tookAwayAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly elastic: Elastic,
    private readonly rule: ScalingRule,
    private readonly following: Following,
  ) {
    for (const card of elastic.fleet.cards) elastic.fleet.close(card);
  }

  look(nowMs: number): void {
    const { following, ready } = this;
    this.count(nowMs);
    for (const [card, readyAtMs] of ready)
      if (!card.isOpen && readyAtMs <= nowMs) this.elastic.fleet.open(card);
    this.follow(nowMs);
    const opens = [...ready].filter(([card]) => !card.isOpen).map(([, atMs]) => atMs);
    this.nextAtMs = Math.min(nowMs + following.askEveryMs, ...opens.filter((atMs) => atMs > nowMs));
  }

  /** The fleet costs what it costs until then. */
  count(nowMs: number): void {
    this.cardMs += this.ready.size * (nowMs - this.countedAtMs);
    this.countedAtMs = nowMs;
  }

  private follow(nowMs: number): void {
    const { elastic, rule, following, ready, wantedAt } = this;
    const wanted = Math.min(elastic.fleet.cards.length, rule.wanted(elastic, nowMs));
    wantedAt.push({ atMs: nowMs, cards: wanted });
    while ((wantedAt[0]?.atMs ?? nowMs) < nowMs - following.keepMs) wantedAt.shift();
    const kept = Math.max(...wantedAt.map(({ cards }) => cards));
    for (const card of elastic.fleet.cards) {
      if (ready.size >= wanted) break;
      if (!ready.has(card)) ready.set(card, nowMs + following.startMs);
    }
    this.mostCards = Math.max(this.mostCards, ready.size);
    if (ready.size <= kept || nowMs - this.tookAwayAtMs < following.takeAwayEveryMs) return;
    this.tookAwayAtMs = nowMs;
    this.takeAway();
  }

  /** The one that holds the fewest cells (pod-deletion-cost). What runs there is handed back. */
  private takeAway(): void {
    const { fleet, life, placing } = this.elastic;
    let least: SimCard | undefined;
    for (const card of this.ready.keys()) if (!least || card.liveCells < least.liveCells) least = card;
    if (!least) return;
    this.ready.delete(least);
    least.catchUp(fleet.nowMs);
    fleet.close(least);
    placing.forget(least.pools);
    for (const pool of least.pools) {
      pool.sync();
      for (const session of [...pool.members]) {
        life.handBack(pool, session);
        this.handedBack += 1;
      }
      pool.nextStep = Number.POSITIVE_INFINITY;
    }
    fleet.reschedule(least);
  }
}
