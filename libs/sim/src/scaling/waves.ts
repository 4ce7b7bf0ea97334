import { seededRandom } from '../seeded-random';
import { paperTrace, type DataSet } from '../made-traces';
import type { SimJob, Trace } from '../sim-job';

const SETS: readonly DataSet[] = ['gsm8k', 'gpqa'];
/** Between two batches on average, and how large they are. */
const BATCH_EVERY_MS = 300_000;
const BATCH_JOBS = { least: 40, most: 600 } as const;

/**
 * Batches that come at any time and are of one kind each: many short jobs, or jobs ten times as long that hold four times as
 * much. What a batch needs cannot be told from the number of its jobs.
 */
export function wavesTrace(jobs: number, seed: number): Trace {
  const random = seededRandom(seed);
  const pools = SETS.map((set, at) =>
    paperTrace(set, { jobs, seed: seed + 17 * (at + 1), model: 'qwen2.5-7b' }),
  );
  const [first] = pools;
  if (!first) throw new Error('no data set');
  const made: SimJob[] = [];
  let atMs = 0;
  while (made.length < jobs) {
    const source = pools[Math.floor(random() * pools.length)] ?? first;
    const size = BATCH_JOBS.least + Math.floor(random() ** 2 * (BATCH_JOBS.most - BATCH_JOBS.least));
    for (let n = 0; n < size && made.length < jobs; n += 1) {
      const job = source.jobs[made.length];
      if (job) made.push({ ...job, jobId: String(made.length), createdAtMs: atMs });
    }
    atMs += -BATCH_EVERY_MS * Math.log(1 - random());
  }
  return { ...first, name: 'waves', jobs: made };
}
