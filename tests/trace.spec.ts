import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TraceHeader, TraceJob, type JobView } from '@gistpool/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gistpool, MODEL, removeFolder, temporaryFolder } from './support/gistpool';
import { ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const SLOTS = 6;
const JOBS = 24;

interface Compared {
  readonly measured: number;
  readonly simulated: number;
  readonly ratio: number;
}

describe('a trace of a running pool', () => {
  let pool: RunningPool;
  let folder: string;
  let batch: string;
  let ended: JobView[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    pool = await RunningPool.start({ args: ['--model', MODEL, '--lanes', `${SLOTS}x768`, '--threads', '1'] });
    const jobs = Array.from({ length: JOBS }, (_, seed) => ramblingJob(60 + 10 * (seed % 7), seed));
    batch = (await pool.submitBatch(jobs)).id;
    ended = await pool.untilEnded(batch, 4 * MINUTE_MS);
  }, 8 * MINUTE_MS);

  afterAll(async () => {
    await pool.remove();
    await removeFolder(folder);
  });

  const record = (out: string, ...args: readonly string[]) =>
    gistpool(['trace', 'record', '--out', join(folder, out), '--data-dir', pool.dataDir, ...args]);

  it(
    'tells of every job of a batch, and the simulator comes to the same peaks and the same sessions on its lanes',
    async () => {
      const recorded = await record('batch.jsonl', '--batch', batch);
      expect(recorded.stderr).toContain(`${JOBS} jobs read`);
      expect([recorded.code, recorded.stdout]).toEqual([0, expect.stringContaining(`${JOBS} jobs of`)]);

      const [head = '', ...lines] = (await readFile(join(folder, 'batch.jsonl'), 'utf8')).trim().split('\n');
      const header = TraceHeader.parse(JSON.parse(head));
      const jobs = lines.map((line) => TraceJob.parse(JSON.parse(line)));
      expect(header.pool?.cards).toEqual([
        {
          card: expect.any(String) as string,
          lanes: [{ lanes: 1, slots: SLOTS, cells: 768, shared: false }],
        },
      ]);
      const sampled = jobs.reduce(
        (sum, job) => sum + job.answer_tokens + job.thought_tokens.reduce((all, length) => all + length, 0),
        0,
      );
      expect(sampled).toBe(ended.reduce((sum, { usage }) => sum + (usage?.generated_tokens ?? 0), 0));

      const compared = await gistpool(['sim', '--trace', join(folder, 'batch.jsonl'), '--against', '--json']);
      // 1: the times differ by more than they may, which says something of this machine only.
      expect([0, 1]).toContain(compared.code);
      const [against] = (
        JSON.parse(compared.stdout) as {
          traces: { jobs: number; peaks_differ: number; figures: Record<string, Compared> }[];
        }
      ).traces;
      expect(against).toMatchObject({ jobs: JOBS, peaks_differ: 0 });
      const { sessions_peak: peak, overflows, ...times } = against?.figures ?? {};
      expect(peak).toEqual({ measured: SLOTS, simulated: SLOTS, ratio: 1 });
      expect(overflows).toEqual({ measured: 0, simulated: 0, ratio: 1 });
      const told = Object.entries(times).map(
        ([name, { measured, simulated }]) =>
          `${name} ${measured.toFixed(2)}, simulated ${simulated.toFixed(2)}`,
      );
      process.stdout.write(`measured ${told.join('; ')}\n`);
    },
    4 * MINUTE_MS,
  );

  it('is read by the policies as any other trace is', async () => {
    expect((await record('newest.jsonl', '--limit', '5')).code).toBe(0);
    const args = ['--trace', join(folder, 'newest.jsonl'), '--policies', 'gistpool,reserve-max'];
    const simulated = await gistpool(['sim', ...args, '--json']);
    expect(simulated.code).toBe(0);
    const { traces } = JSON.parse(simulated.stdout) as {
      traces: { policies: { jobs: number; completed: number }[] }[];
    };
    for (const policy of traces[0]?.policies ?? []) expect(policy).toMatchObject({ jobs: 5, completed: 5 });
  });

  it('is refused where there is nothing to record, and never written over another file by chance', async () => {
    await writeFile(join(folder, 'mine.jsonl'), 'precious');
    expect(await record('mine.jsonl')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/exists; --force/) as string,
    });
    expect(await readFile(join(folder, 'mine.jsonl'), 'utf8')).toBe('precious');
    expect(await record('none.jsonl', '--batch', 'batch_none')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nothing to record: the pool has no job in a batch batch_none/) as string,
    });
    expect(await record('none.jsonl', '--since', '2999-01-01')).toMatchObject({ code: 1 });
    expect(await record('none.jsonl', '--model', 'gone')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/knows no model gone/) as string,
    });
    const nobody = await gistpool(['trace', 'record', '--out', join(folder, 'x'), '--data-dir', folder]);
    expect(nobody).toMatchObject({ code: 4, stderr: expect.stringMatching(/no pool runs on/) as string });
  });
});
