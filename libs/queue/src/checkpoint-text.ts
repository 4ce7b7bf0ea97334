import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Checkpoint } from './types';

/** What a worker of this version goes on from. A later version of it is another one's, and the job begins anew. */
const CheckpointShape = z.object({
  version: z.literal(1),
  sampled: z.array(z.int().min(0)),
  thoughts: z.int().min(0),
  runMs: z.number(),
  kvByteSeconds: z.number().optional(),
  parks: z.int().optional(),
  peakCells: z.int().optional(),
  /** Of the others, as they were written. A worker of the release before wrote none. */
  sum: z.int().optional(),
});

/** JSON, and in it a checksum: a token id that became another is a text that nobody could tell from the right one. */
export const textOfCheckpoint = (checkpoint: Checkpoint): string =>
  JSON.stringify({ ...checkpoint, sum: crc32(JSON.stringify(checkpoint)) });

/** Undefined: it is not what was written, or of a version that is not known here. The job begins anew. */
export function checkpointIn(text: string): Checkpoint | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const shape = CheckpointShape.safeParse(json);
  if (!shape.success) return undefined;
  const { sum, ...checkpoint } = json as Checkpoint & { readonly sum?: number };
  return sum === undefined || sum === crc32(JSON.stringify(checkpoint)) ? checkpoint : undefined;
}
