import type { Newcomer } from '@gistpool/core';
import { SimPool } from './sim-pool';
import type { Course } from './sim-job';
import type { Standing } from '@gistpool/core';

/** Steps from one look into the future to the next. */
const STRIDE = 16;
/** Beyond these many looks (longer than any job may run) nothing is foreseen. */
const LOOKS = 1280;

/** A newcomer whose course is known. */
export interface KnownNewcomer extends Newcomer {
  readonly course: Course;
  readonly standing: Standing;
}

/**
 * A pool that is told every course: it adds up what its sessions will hold, look by look, if nobody has to wait. Of thoughts to
 * come `smoothing` says whether their very saw-teeth count (0) or what they hold on average (1): phases shift as soon as
 * somebody waits, and a spike too many is waited for.
 */
export class KnownPool extends SimPool {
  private readonly future = new Float64Array(LOOKS);
  private readonly trial = new Float64Array(LOOKS);
  private isStale = true;
  private lookedAtStep = 0;
  private promised: { newcomer: KnownNewcomer; atStep: number } | undefined;

  constructor(
    card: SimPool['card'],
    id: string,
    shape: SimPool['shape'],
    private readonly kept: number,
    private readonly smoothing: number,
  ) {
    super(card, id, shape, { z: 0 });
  }

  override get headroomCells(): number {
    if (this.members.length >= this.shape.sessions) return 0;
    return this.members.length === 0
      ? this.shape.cells
      : this.shape.cells - this.liveCells - this.reserveCells;
  }

  override add(member: SimPool['members'][number]): void {
    this.members.push(member);
    this.isStale = true;
  }

  override remove(member: SimPool['members'][number]): void {
    this.members.splice(this.members.indexOf(member), 1);
    this.isStale = true;
  }

  override refreshOnly(): void {
    this.refresh();
  }

  override refresh(): void {
    this.isStale ||= this.card.step - this.lookedAtStep >= STRIDE;
  }

  override reserve(jobId: string | undefined, steps: number, newcomer?: Newcomer): void {
    super.reserve(jobId, steps);
    const atStep = this.card.step + steps;
    this.promised = newcomer && { newcomer: newcomer as KnownNewcomer, atStep };
  }

  /** It fits beside the one that the pool is kept for, too, when that one comes as early as it could. */
  override letsAhead(newcomer: Newcomer): boolean {
    const { promised } = this;
    if (!promised) return true;
    this.look();
    this.trial.set(this.future);
    const { course, standing } = promised.newcomer;
    const from = Math.max(0, Math.ceil((promised.atStep - this.card.step) / STRIDE));
    this.addCourse(this.trial, course, standing, from);
    const own = newcomer as KnownNewcomer;
    const looks = this.addCourse(this.trial, own.course, own.standing);
    const { cells } = this.shape;
    for (let at = 0; at < looks; at += 1) if ((this.trial[at] ?? 0) > cells) return false;
    return true;
  }

  override canAdmit(newcomer: Newcomer): boolean {
    if (this.members.length >= this.shape.sessions || newcomer.predictedPeakCells > this.shape.cells)
      return false;
    if (this.members.length === 0) return true;
    const { course, standing } = newcomer as KnownNewcomer;
    if (this.liveCells + standing.floorCells + standing.thoughtCells + this.reserveCells > this.shape.cells)
      return false;
    this.look();
    this.trial.fill(0);
    const looks = this.addCourse(this.trial, course, standing);
    const { cells } = this.shape;
    for (let at = 0; at < looks; at += 1) {
      if ((this.future[at] ?? 0) + (this.trial[at] ?? 0) > cells) return false;
    }
    return true;
  }

  override overlapCells(newcomer: Newcomer): number {
    this.look();
    let most = 0;
    const { course, standing } = newcomer as KnownNewcomer;
    this.trial.fill(0);
    const looks = this.addCourse(this.trial, course, standing);
    for (let at = 0; at < looks; at += 1)
      most = Math.max(most, (this.future[at] ?? 0) + (this.trial[at] ?? 0));
    return most;
  }

  override stepsUntilFits(newcomer: Newcomer): number {
    this.look();
    const { course, standing } = newcomer as KnownNewcomer;
    this.trial.fill(0);
    const looks = this.addCourse(this.trial, course, standing);
    const { cells } = this.shape;
    const fitsFrom = (from: number) => {
      for (let at = 0; at < looks && from + at < LOOKS; at += 1) {
        if ((this.future[from + at] ?? 0) + (this.trial[at] ?? 0) > cells) return false;
      }
      return true;
    };
    let from = 0;
    while (from < LOOKS && !fitsFrom(from)) from += 1;
    return from * STRIDE;
  }

  private look(): void {
    if (!this.isStale) return;
    this.isStale = false;
    this.lookedAtStep = this.card.step;
    this.sync();
    this.future.fill(0);
    for (const { course, standing } of this.members) this.addCourse(this.future, course, standing);
  }

  /** Returns the number of looks until its end. */
  private addCourse(
    to: Float64Array,
    { thoughtTokens, tailTokens }: Course,
    standing: Standing,
    from = 0,
  ): number {
    const { smoothing } = this;
    let at = from;
    let begin = from * STRIDE - standing.thoughtCells;
    for (let k = standing.thoughts; k <= thoughtTokens.length; k += 1) {
      const floor = standing.promptTokens + k * this.kept;
      const steps = k < thoughtTokens.length ? (thoughtTokens[k] ?? 0) + this.kept : tailTokens;
      const end = begin + steps;
      const isPresent = k === standing.thoughts;
      for (; at * STRIDE < end; at += 1) {
        if (at >= LOOKS) return LOOKS;
        const spike = at * STRIDE - begin;
        to[at] =
          (to[at] ?? 0) + floor + (isPresent ? spike : (1 - smoothing) * spike + smoothing * 0.5 * steps);
      }
      begin = end;
    }
    return at;
  }
}
