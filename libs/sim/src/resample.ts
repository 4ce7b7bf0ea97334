import { seededRandom } from './seeded-random';
import type { SimJob, Trace } from './sim-job';

/** So many jobs, each as one of the trace's, drawn again and again. Which ones is up to the seed. */
export function resampled(trace: Trace, jobs: number, seed: number): Trace {
  const random = seededRandom(seed);
  const drawn = Array.from({ length: jobs }, (_, index): SimJob => {
    const job = trace.jobs[Math.floor(random() * trace.jobs.length)];
    if (!job) throw new Error('a trace without jobs');
    return { ...job, jobId: String(index), createdAtMs: 0 };
  });
  return { ...trace, jobs: drawn };
}

/** The same jobs, coming one by one at random times; undefined: all at once. */
export function arriving(trace: Trace, perSecond: number | undefined, seed: number): Trace {
  const random = seededRandom(seed + 1);
  let atMs = 0;
  const jobs = trace.jobs.map((job) => {
    if (perSecond !== undefined) atMs += (-1000 * Math.log(1 - random())) / perSecond;
    return { ...job, createdAtMs: atMs };
  });
  return { ...trace, jobs };
}
