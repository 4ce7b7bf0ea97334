import { HORIZON_STEPS, HORIZONS, Outlook, type Forecast, type Standing } from '../prediction/horizon';

/** One session in a pool. Its owner keeps the standing up to date; what is foreseen follows from it. */
export interface PoolMember {
  readonly forecast: Forecast;
  readonly standing: Standing;
}

/** A session that asks for a place. */
export interface Newcomer {
  /** Alone must fit, whatever the neighbours do. */
  readonly predictedPeakCells: number;
  readonly outlook: Outlook;
  /** Headroom that surely suffices. */
  readonly claimCells: number;
}

/** `z`: the pools' own. */
export function newcomer(predictedPeakCells: number, outlook: Outlook, z: number): Newcomer {
  return { predictedPeakCells, outlook, claimCells: outlook.most(z) };
}

export interface PoolShape {
  /** C: cells shared by all sessions of the pool. */
  readonly cells: number;
  /** G: sessions at most. 1 = a slot. */
  readonly sessions: number;
}

/**
 * C cells shared by up to G sessions. A newcomer is admitted when at no step to come the sum of all trajectories exceeds
 * the cells, but for the chance that `z` stands for (a quantile of the normal distribution, to which the sum of many
 * saw-teeth comes close). With G = 1 that is: the predicted peak fits the slot.
 */
export class Pool<M extends PoolMember = PoolMember> {
  readonly members: M[] = [];
  private keptFor: string | undefined;
  private keptSteps = 0;
  readonly outlook = new Outlook();
  /** Kept free right now, so that the thought nearest to its end can always be brought there. Set by the pool's owner. */
  reserveCells = 0;
  /** What each member adds to the pool's outlook. */
  private readonly shares = new Map<M, Outlook>();
  private needed = 0;

  constructor(
    readonly id: string,
    readonly shape: PoolShape,
    private readonly deviations: number,
  ) {}

  /** Deviations of the sum that are kept free. */
  protected get z(): number {
    return this.deviations;
  }

  /** Held at this step: as foreseen at the last look, unless the owner knows better. */
  protected get heldCells(): number {
    return this.outlook.mean[0] ?? 0;
  }

  /** Cells that are free at the tightest step to come. */
  get headroomCells(): number {
    if (this.members.length >= this.shape.sessions) return 0;
    const now = this.members.length === 0 ? 0 : this.heldCells + this.reserveCells;
    return this.shape.cells - Math.max(this.needed, now);
  }

  /** The job for which the pool is kept until it fits, and in how many steps that was expected when it was kept. */
  get reservedFor(): string | undefined {
    return this.keptFor;
  }

  get reservedSteps(): number {
    return this.keptSteps;
  }

  /** For the job of that newcomer; undefined: for nobody any more. */
  reserve(jobId: string | undefined, steps: number, _newcomer?: Newcomer): void {
    this.keptFor = jobId;
    this.keptSteps = steps;
  }

  /** Whether a newcomer may go in front of the one that the pool is kept for: it ends before that one could start anyway. */
  letsAhead(_newcomer: Newcomer, longRunSteps: number): boolean {
    return longRunSteps <= this.keptSteps;
  }

  add(member: M): void {
    this.members.push(member);
    this.outlook.add(this.shareOf(member));
    this.needed = this.most();
  }

  remove(member: M): void {
    const place = this.members.indexOf(member);
    if (place < 0) return;
    this.members.splice(place, 1);
    this.outlook.add(this.shareOf(member), -1);
    this.shares.delete(member);
    this.needed = this.most();
  }

  /** Looks anew at all that went on. */
  refresh(): void {
    this.outlook.clear();
    for (const member of this.members) this.outlook.add(this.foresee(member));
    this.needed = this.most();
  }

  /** Looks anew at those alone; the others are where they were, or nearly. */
  refreshOnly(members: readonly M[]): void {
    for (const member of members) {
      this.outlook.add(this.shareOf(member), -1);
      this.outlook.add(this.foresee(member));
    }
    this.needed = this.most();
  }

  canAdmit({ predictedPeakCells, outlook }: Newcomer): boolean {
    if (this.members.length >= this.shape.sessions || predictedPeakCells > this.shape.cells) return false;
    if (this.members.length === 0) return true;
    const now = this.heldCells + (outlook.mean[0] ?? 0) + this.reserveCells;
    return now <= this.shape.cells && this.most(outlook) <= this.shape.cells;
  }

  /** Cells by which the tightest step gets tighter: small where the newcomer's peak does not meet its neighbours'. */
  overlapCells(newcomer: Newcomer): number {
    return this.most(newcomer.outlook) - this.needed;
  }

  /** Steps until the newcomer is likely to fit if nobody else comes. */
  stepsUntilFits({ outlook }: Newcomer): number {
    for (let from = 0; from < HORIZONS; from += 1) {
      const later = this.outlook.mean[from] ?? 0;
      const margin = this.z * Math.sqrt(this.outlook.variance[from] ?? 0);
      if (later + margin + Math.max(...outlook.mean) <= this.shape.cells) return HORIZON_STEPS[from] ?? 0;
    }
    return HORIZON_STEPS.at(-1) ?? 0;
  }

  private most(newcomer?: Outlook): number {
    return this.outlook.most(this.z, newcomer);
  }

  private shareOf(member: M): Outlook {
    return this.shares.get(member) ?? this.foresee(member);
  }

  private foresee(member: M): Outlook {
    const share = this.shares.get(member) ?? new Outlook();
    share.clear();
    member.forecast.addTo(share, member.standing);
    this.shares.set(member, share);
    return share;
  }
}
