import { isTerminal, type JobEvent, type JobRequestInput } from '@gistpool/contracts';
import { findPooledLibrary } from '@gistpool/engine/pooled-library';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { MODEL } from './support/gistpool';
import { RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const library = findPooledLibrary('cpu');
const POOL_CELLS = 1024;
const SESSIONS = 12;
const JOBS = 16;

/** Rounds on a ring, which the bundled model knows; `first` makes the questions of two batches differ. */
const batchOf = (first: number): JobRequestInput[] =>
  Array.from({ length: JOBS }, (_, at) => ({
    prompt:
      `Start at place ${(first + at) % 10} on a ring of 10 places numbered 0 to 9. In every round move forward ` +
      `${1 + (at % 8)} places, then back 1 place. Where are you after ${6 + ((first + at) % 9)} rounds?`,
    task: 'ring',
    limits: { max_tokens: 3000, max_thoughts: 60, max_thought_tokens: 80 },
    sampling: { temperature: 0.6, seed: first + at },
  }));

/** From a job's story: when it began to think, and when it ended. */
function spanOf(story: readonly JobEvent[]): readonly [beganMs: number, endedMs: number] {
  const states = story.flatMap((event) => (event.type === 'state' ? [event] : []));
  const began = states.find(({ state }) => state === 'thinking')?.at_ms ?? Number.NaN;
  return [began, states.find(({ state }) => isTerminal(state))?.at_ms ?? Number.NaN];
}

function mostAtOnce(spans: readonly (readonly [number, number])[]): number {
  return Math.max(...spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length));
}

async function run(pool: RunningPool, jobs: readonly JobRequestInput[]) {
  const receipt = await pool.submitBatch(jobs);
  await pool.untilEnded(receipt.id, 5 * MINUTE_MS);
  const ids = receipt.jobs.map(({ id }) => id);
  const [ended, stories] = await Promise.all([
    Promise.all(ids.map((id) => pool.job(id))),
    Promise.all(ids.map((id) => pool.story(id))),
  ]);
  expect(ended.map(({ state }) => state)).toEqual(ids.map(() => 'completed'));
  const [first = ''] = ids;
  const bound = (await pool.placement(first)).bound_cells;
  return {
    texts: ended.map(({ result }) => result?.text),
    atOnce: mostAtOnce(stories.map(spanOf)),
    byBounds: Math.floor((POOL_CELLS - SESSIONS + 1) / bound),
  };
}

async function twoBatches(admission: 'predicted' | 'bound') {
  const lanes = ['--lanes', `1x${POOL_CELLS}`, '--pool-sessions', String(SESSIONS)];
  const pool = await RunningPool.start({
    args: ['--model', MODEL, ...lanes],
    env: { GISTPOOL_ADMISSION: admission },
  });
  try {
    const first = await run(pool, batchOf(0));
    const learnt = async () =>
      (await pool.predictions()).groups.reduce((sum, group) => sum + group.ended_sessions, 0);
    await eventually('the first batch is learnt from', async () => (await learnt()) >= JOBS);
    return { first, second: await run(pool, batchOf(100)) };
  } finally {
    await pool.remove();
  }
}

describe.skipIf(!library.ok)(
  `a real pool that is packed by what it has learnt${library.ok ? '' : ` (SKIP: ${library.reason})`}`,
  () => {
    it(
      'has more sessions at once than bounds allow, none fails, and each says what it says where bounds decide',
      async () => {
        const packed = await twoBatches('predicted');
        const bounded = await twoBatches('bound');
        expect(packed.first.texts).toEqual(bounded.first.texts);
        expect(packed.second.texts).toEqual(bounded.second.texts);
        expect(bounded.second.atOnce).toBeLessThanOrEqual(bounded.second.byBounds);
        expect(packed.second.atOnce).toBeGreaterThan(packed.second.byBounds);
      },
      12 * MINUTE_MS,
    );
  },
);
