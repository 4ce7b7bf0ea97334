import { expect, it } from 'vitest';
import { bundledFiles } from '../eval/bundled';
import { benchPark, type ParkSide } from './park-bench';
import type { Work } from './work';

const RING =
  'Start at place 3 on a ring of 10 places numbered 0 to 9. In every round move forward 4 places, then back 1 place. ' +
  'Where are you after 12 rounds?';

it('parks the bundled twins at the same shares of a job, and both say what they say undisturbed', async () => {
  const work: Work = {
    puzzles: [{ id: 'ring', family: 'ring', dataSet: 'own', input: RING, target: '9' }],
    lessons: [],
    isGraded: true,
    modelOf: async (mode) => (await bundledFiles({ names: [], mode }))[0] ?? '',
    requestOf: () => Promise.resolve({}),
  };
  const shares = [0.5, 0.9];
  const sides: ParkSide[] = [];
  for await (const side of benchPark({ work, kvTypes: ['f16'], shares, cells: 1024, threads: 1 }))
    sides.push(side);
  expect(sides).toMatchObject([
    { mode: 'vanilla', jobs: 1, other_texts: 0, replays: 0 },
    { mode: 'lightthinker', jobs: 1, other_texts: 0, replays: 0 },
  ]);
  for (const { at, kv_bytes_per_cell } of sides) {
    expect(at.map(({ share }) => share)).toEqual(shares);
    // The file is little more than the cells.
    for (const { cells_mean, bytes_mean } of at) {
      expect(bytes_mean).toBeGreaterThanOrEqual(cells_mean * kv_bytes_per_cell);
      expect(bytes_mean).toBeLessThan(1.05 * cells_mean * kv_bytes_per_cell + 4096);
    }
  }
  const [vanilla, compressed] = sides.map(({ at }) => at.at(-1)?.bytes_mean ?? 0);
  expect(compressed).toBeLessThan((vanilla ?? 0) / 2);
});
