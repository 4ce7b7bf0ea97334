import { keptPerThought, type JobFeatures } from './features';
import { fresh, type Standing } from './horizon';

/** What a job tells of its session that is not at work. */
export interface Checkpointed {
  /** Finished ones. */
  readonly thoughts: number;
  /** Most cells that it was seen to need. */
  readonly peakCells: number;
}

/**
 * Where a session goes on from its checkpoint, as far as its job tells; a new one begins. The lengths of its thoughts are not
 * told: they are taken to be as long as those of others, `meanThoughtTokens`.
 */
export function resumedAt(
  { policy, promptTokens }: JobFeatures,
  { thoughts, peakCells }: Checkpointed,
  meanThoughtTokens: number,
): Standing {
  const begun = fresh(promptTokens);
  if (policy.kind !== 'lightthinker') {
    const peak = Math.max(promptTokens, peakCells);
    return { ...begun, thoughtCells: peak - promptTokens, peakCells: peak };
  }
  const floorCells = promptTokens + thoughts * keptPerThought(policy);
  const sampledTokens = thoughts * meanThoughtTokens;
  return { ...begun, floorCells, thoughts, sampledTokens, peakCells: Math.max(floorCells, peakCells) };
}
