import type { Margin } from '@gistpool/core';
import type { Rules, SimpleAdmission } from './rules';

/** A way to pack, as the simulation runs it. */
export interface SimPolicy {
  readonly name: string;
  readonly label: string;
  /** Deviations that a pool keeps for the sum of its sessions. */
  readonly z: number;
  /** Steers them, if they do not stay as they are. Made for one run. */
  readonly margin?: Margin;
  /** Whether it is told every job's course. */
  readonly knows: boolean;
  /** It knows the courses and begins thoughts as gistpool does, by what is usual of them. */
  readonly gatesByProfile?: boolean;
  /** It adds up what is to come exactly; of later thoughts their very saw-teeth (0) or what they hold on average (1). */
  readonly foresees?: { readonly smoothing: number };
  readonly rules: Rules;
  /** Left out: core's rounds place the jobs. */
  readonly admission?: SimpleAdmission;
}
