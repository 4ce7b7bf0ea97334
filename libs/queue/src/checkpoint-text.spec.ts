import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkpointIn, textOfCheckpoint } from './checkpoint-text';
import type { Checkpoint } from './types';

const checkpoints: fc.Arbitrary<Checkpoint> = fc.record(
  {
    version: fc.constant(1 as const),
    sampled: fc.array(fc.nat(150_000), { maxLength: 40 }),
    thoughts: fc.nat(200),
    runMs: fc.nat(1e9),
    parks: fc.integer({ min: 1, max: 9 }),
    peakCells: fc.nat(4096),
  },
  { requiredKeys: ['version', 'sampled', 'thoughts', 'runMs'] },
);

it('a checkpoint is read as it was written', () => {
  fc.assert(
    fc.property(checkpoints, (checkpoint) => {
      expect(checkpointIn(textOfCheckpoint(checkpoint))).toEqual(checkpoint);
    }),
  );
});

it('one in which any byte became another is none, or says the same', () => {
  fc.assert(
    fc.property(checkpoints, fc.nat(), fc.integer({ min: 1, max: 255 }), (checkpoint, at, flip) => {
      const bytes = Buffer.from(textOfCheckpoint(checkpoint));
      const where = at % bytes.length;
      bytes[where] = (bytes[where] ?? 0) ^ flip;
      const read = checkpointIn(bytes.toString());
      // The name of the checksum itself, say.
      if (read !== undefined) expect(read).toMatchObject(checkpoint);
    }),
    { numRuns: 2000 },
  );
});

it('one that was cut off is none', () => {
  fc.assert(
    fc.property(checkpoints, fc.nat(), (checkpoint, at) => {
      const text = textOfCheckpoint(checkpoint);
      expect(checkpointIn(text.slice(0, at % text.length))).toBeUndefined();
    }),
  );
});

it('one of the release before, which has no checksum, is read; one of a later version is not', () => {
  const checkpoint: Checkpoint = { version: 1, sampled: [7, 8], thoughts: 1, runMs: 5 };
  expect(checkpointIn(JSON.stringify(checkpoint))).toEqual(checkpoint);
  expect(checkpointIn(JSON.stringify({ ...checkpoint, version: 2 }))).toBeUndefined();
});
