import type { Fleet } from './fleet';
import type { Foresight } from './foresight';
import type { SimPolicy } from './policy';
import type { Recorder } from './recorder';
import type { Acts } from './rules';
import type { SimPool } from './sim-pool';
import type { SimSession } from './sim-session';
import type { SimSettings } from './simulation';
import { coldest, emptiest } from './re-balancing';

/** Steps for which others may go on before one that waits in the same pool. */
const PATIENCE_STEPS = 128;

/** Whom a pool's events concern beside itself. */
export interface Outside {
  /** It is out of its pool and wants back. */
  sentBack(session: SimSession): void;
  ended(session: SimSession): void;
}

/** What happens inside pools: thoughts end, sessions wait, go on, move, leave. */
export class PoolLife {
  constructor(
    private readonly fleet: Fleet,
    private readonly policy: SimPolicy,
    private readonly foresight: Foresight,
    private readonly recorder: Recorder,
    private readonly settings: SimSettings,
    private readonly kvBytesPerCell: number,
    private readonly outside: Outside,
  ) {}

  /** Ends what ends in this step, lets go on what may, and sees to it that room is left. */
  settle(pool: SimPool): void {
    const { rules } = this.policy;
    const acts = this.actsIn(pool);
    const { step } = pool.card;
    pool.sync();
    const ended = pool.running.filter((session) => session.endsAtStep() <= step);
    for (const session of ended) this.endThought(pool, session);
    while (pool.running.length > 0 && rules.stepsUntilTight(pool) <= 0) {
      const before = pool.running.length;
      rules.relieve(pool, acts);
      if (pool.running.length === before) break;
    }
    if (!this.policy.admission) pool.foreseeAnew(ended.filter((session) => !session.hasEnded));
    this.goOn(pool, acts);
    this.lookAhead(pool);
  }

  enter(pool: SimPool, session: SimSession): void {
    const { card } = pool;
    pool.sync();
    pool.add(session);
    pool.liveCells += session.liveCells;
    card.liveCells += session.liveCells;
    card.sessions += 1;
  }

  savingMs(session: SimSession): number {
    return (session.liveCells * this.kvBytesPerCell) / this.settings.moveBytesPerMs;
  }

  /** To go on where it was. */
  returningMs(session: SimSession): number {
    return session.isReplayed ? this.replayMs(session) : this.savingMs(session);
  }

  /** Out of a card that goes, with a checkpoint: no overflow, but its cells are decoded again. */
  handBack(pool: SimPool, session: SimSession): void {
    this.leave(pool, session);
    session.isReplayed = true;
    this.outside.sentBack(session);
  }

  /** Thought by thought, for each is evicted before the next: a pass for each at least. */
  private replayMs({ standing }: SimSession): number {
    const { promptTokens, sampledTokens, thoughtCells, thoughts } = standing;
    const { time } = this.settings;
    return (promptTokens + sampledTokens + thoughtCells) * time.prefillMs + thoughts * time.passMs;
  }

  private goOn(pool: SimPool, acts: Acts): void {
    const { rules } = this.policy;
    let isTight = pool.running.length > 0 && rules.stepsUntilTight(pool) <= 0;
    const waiting = pool.members.filter((session) => !session.isRunning);
    // What holds most goes on first: it is nearest to its end, and waiting costs what is held.
    waiting.sort((a, b) => b.standing.floorCells - a.standing.floorCells);
    for (const session of waiting) {
      if (isTight) break;
      if (!rules.mayGoOn(pool, session)) {
        if (this.hasMoved(pool, session)) continue;
        // What needs much room would wait for ever behind those that need little.
        if (pool.card.step - session.heldAtStep > PATIENCE_STEPS) break;
        continue;
      }
      pool.start(session);
      isTight = rules.stepsUntilTight(pool) <= 0;
      if (isTight && pool.running.length > 1) pool.hold(session);
    }
    if (pool.running.length > 0 || pool.members.length === 0) return;
    const chosen = rules.unblock(pool, acts);
    if (chosen && pool.members.includes(chosen)) pool.start(chosen);
  }

  /** At a thought's end, out of a hot pool into one where it need not wait. */
  private hasMoved(pool: SimPool, session: SimSession): boolean {
    if (session.standing.thoughtCells > 0) return false;
    const other = coldest(pool, session, this.policy.rules);
    if (other) this.move(pool, other, session);
    return other !== undefined;
  }

  private lookAhead(pool: SimPool): void {
    const { step } = pool.card;
    let next = Number.POSITIVE_INFINITY;
    for (const session of pool.running) next = Math.min(next, session.endsAtStep());
    if (pool.running.length > 0) {
      next = Math.min(next, step + Math.max(1, this.policy.rules.stepsUntilTight(pool)));
    }
    pool.nextStep = next;
    if (!this.policy.admission) {
      // Nobody comes in while somebody waits inside.
      const isWaitedIn = pool.running.length < pool.members.length;
      pool.reserveCells = isWaitedIn ? Number.POSITIVE_INFINITY : this.policy.rules.reserveCells(pool);
    }
    this.fleet.changed(pool);
  }

  private endThought(pool: SimPool, session: SimSession): void {
    pool.unlist(session);
    this.account(pool, session);
    if (session.isTail) {
      this.complete(pool, session);
      return;
    }
    const tokens = session.compress(pool.card.step);
    pool.liveCells -= tokens;
    pool.card.liveCells -= tokens;
    this.recorder.sampled(tokens);
    if (!session.progress) return;
    this.foresight.predictor.thought(session.progress, tokens, session.standing.peakCells);
    // By what is known now, not when it began.
    session.forecast = this.foresight.forecast(session.job, session.course);
  }

  private complete(pool: SimPool, session: SimSession): void {
    const { standing, course, job } = session;
    standing.peakCells = Math.max(standing.peakCells, standing.floorCells + course.tailTokens);
    session.hasEnded = true;
    this.leave(pool, session);
    this.recorder.sampled(course.tailTokens);
    this.recorder.completed(job, session, pool.card.timeMs);
    this.outside.ended(session);
    if (!session.progress) return;
    this.foresight.predictor.end(session.progress, course.tailTokens, standing.peakCells, {
      ms: pool.card.timeMs - session.placedAtMs,
      tokens: standing.sampledTokens + course.tailTokens,
    });
  }

  /** Cell-milliseconds since the last look, for the tenant's share. */
  private account(pool: SimPool, session: SimSession): void {
    const ms = pool.card.timeMs - session.accountedAtMs;
    const cellMs = ms * (session.standing.floorCells + session.thoughtSteps / 2);
    session.accountedAtMs = pool.card.timeMs;
    session.cellMs += cellMs;
    this.recorder.held(session.job.tenant, cellMs);
  }

  private leave(pool: SimPool, session: SimSession): void {
    session.sync(pool.card.step);
    pool.unlist(session);
    session.isRunning = false;
    pool.liveCells -= session.liveCells;
    pool.card.liveCells -= session.liveCells;
    pool.card.sessions -= 1;
    pool.remove(session);
    this.fleet.left(pool);
  }

  /** Within a card: its cells are saved and loaded, and it asks to go on in the next step. */
  private move(from: SimPool, to: SimPool, session: SimSession): void {
    this.recorder.moved += 1;
    this.leave(from, session);
    from.card.pause(2 * this.savingMs(session));
    session.heldAtStep = to.card.step;
    this.enter(to, session);
    to.nextStep = Math.min(to.nextStep, to.card.step + 1);
  }

  private actsIn(pool: SimPool): Acts {
    const away = (session: SimSession, costMs: number) => {
      this.leave(pool, session);
      pool.card.pause(costMs);
      this.outside.sentBack(session);
    };
    return {
      hold: (session) => pool.hold(session),
      move: (session) => {
        const other = emptiest(pool, session, this.policy.rules);
        if (other) this.move(pool, other, session);
        return other !== undefined;
      },
      park: (session, why) => {
        this.recorder.overflowed(session.job, 'parked');
        this.recorder.reasons.set(why, (this.recorder.reasons.get(why) ?? 0) + 1);
        away(session, this.savingMs(session));
      },
      evict: (session) => {
        session.sync(pool.card.step);
        this.recorder.overflowed(session.job, 'evicted');
        away(session, this.replayMs(session));
      },
    };
  }
}
