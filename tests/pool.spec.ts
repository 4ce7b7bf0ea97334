import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isTerminal, type JobView } from '@gistpool/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { gistpool, isAlive, MODEL, poolFile, removeFolder, temporaryFolder } from './support/gistpool';
import { QUESTION, ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;

describe('a pool of gistpool up', () => {
  let pool: RunningPool;

  beforeAll(async () => {
    pool = await RunningPool.start();
  }, 3 * MINUTE_MS);

  afterAll(() => pool.remove());

  it(
    'completes 48 jobs sent over REST, each with its result and its usage, and learns from each once',
    async () => {
      const jobs = Array.from({ length: 48 }, (_, seed) => ({
        ...ramblingJob(60, seed),
        custom_id: `line-${seed}`,
      }));
      const receipt = await pool.submitBatch(jobs);
      expect(receipt).toMatchObject({ accepted: 48, rejected: 0 });
      const ended = await pool.untilEnded(receipt.id, 3 * MINUTE_MS);
      expect(ended.map((job) => job.state)).toEqual(Array.from({ length: 48 }, () => 'completed'));
      const one = await pool.job(receipt.jobs[0]?.id ?? '');
      expect(one).toMatchObject({
        custom_id: 'line-0',
        result: { finish_reason: expect.any(String) as string },
      });
      expect(one.usage?.generated_tokens).toBeGreaterThan(0);
      expect(one.usage?.predicted_peak_cells).toBeGreaterThanOrEqual(one.usage?.peak_cells ?? Infinity);
      const learnt = async () =>
        (await pool.predictions()).groups.reduce((sum, group) => sum + group.ended_sessions, 0);
      await eventually('every job is learnt from', async () => (await learnt()) >= 48);
      expect(await learnt()).toBe(48);
    },
    4 * MINUTE_MS,
  );

  it('frees the slot of a running job within a second of its cancel', async () => {
    const { id } = await pool.submit(ramblingJob(2400));
    const slotsOf = async () =>
      (await pool.fleet()).cards.flatMap((card) => card.lanes.flatMap((lane) => lane.slots));
    await eventually('the job is in a slot', async () => (await slotsOf()).some((slot) => slot.job === id));
    const askedAtMs = Date.now();
    expect(await pool.cancel(id)).toMatchObject({ outcome: 'cancelling' });
    await eventually('its slot is free', async () => (await slotsOf()).every((slot) => slot.job !== id));
    expect(Date.now() - askedAtMs).toBeLessThan(1000);
    await eventually('the job is cancelled', async () => (await pool.job(id)).state === 'cancelled');
  });

  it(
    'hands a running job on when its worker is told to end: no crash is counted, and nothing is decoded twice',
    async () => {
      const { id } = await pool.submit(ramblingJob(2400));
      await eventually('the job has thought a while', async () => ((await pool.job(id)).thoughts ?? 0) > 3);
      await pool.kill('worker-0', 'SIGTERM');
      const job = await eventually('the job ends', async () => {
        const now = await pool.job(id);
        return isTerminal(now.state) && now;
      });
      expect(job).toMatchObject({ state: 'completed', usage: { resumes: 1 } });
      expect(job.usage?.replayed_tokens).toBeGreaterThan(0);
      const states = (await pool.story(id)).flatMap((event) => (event.type === 'state' ? [event.state] : []));
      expect(states).not.toContain('retrying');
      expect(states.slice(0, 7)).toEqual([
        'waiting',
        'placed',
        'thinking',
        'waiting',
        'placed',
        'thinking',
        'completed',
      ]);
    },
    3 * MINUTE_MS,
  );

  it(
    'completes every job once while its worker, its scheduler and its Redis are killed',
    async () => {
      const jobs = Array.from({ length: 40 }, (_, seed) => ramblingJob(500, seed));
      const receipt = await pool.submitBatch(jobs);
      const now = () => pool.batch(receipt.id);
      const completed = async () => (await now()).filter((job) => job.state === 'completed').length;
      const hasCheckpoint = (job: JobView) => job.state === 'thinking' && (job.thoughts ?? 0) >= 2;

      await eventually(
        'many jobs have a checkpoint',
        async () => (await now()).filter(hasCheckpoint).length >= 20,
      );
      const withCheckpoint = (await now()).filter(hasCheckpoint).map((job) => job.id);
      await pool.kill('worker-0');
      await eventually('the first jobs complete', async () => (await completed()) >= 5, 3 * MINUTE_MS);

      await pool.kill('scheduler');
      const before = await completed();
      await eventually(
        'more jobs complete',
        async () => (await completed()) >= Math.min(40, before + 5),
        3 * MINUTE_MS,
      );

      await pool.kill('redis');
      const ended = await pool.untilEnded(receipt.id, 4 * MINUTE_MS);

      expect(ended.map((job) => job.state)).toEqual(Array.from({ length: 40 }, () => 'completed'));
      for (const job of ended) {
        const ends = (await pool.story(job.id)).filter(
          (event) => event.type === 'state' && isTerminal(event.state),
        );
        expect(ends, job.id).toHaveLength(1);
        if (!withCheckpoint.includes(job.id)) continue;
        expect(job.usage?.resumes, job.id).toBeGreaterThan(0);
        expect(job.usage?.replayed_tokens, job.id).toBeGreaterThan(0);
      }
      const results = await readdir(join(pool.dataDir, 'blobs', 'results'));
      expect(results.filter((name) => ended.some((job) => name === `${job.id}.json`))).toHaveLength(40);
    },
    12 * MINUTE_MS,
  );

  it('grades a file of questions through its REST api, with one line of JSON last', async () => {
    const file = join(pool.dataDir, 'questions.jsonl');
    const questions = Array.from({ length: 3 }, (_, at) => ({
      id: `q${at}`,
      family: 'few',
      input: QUESTION,
      target: 'Yes',
    }));
    await writeFile(file, questions.map((question) => JSON.stringify(question)).join('\n'));
    const ended = await gistpool(['eval', file, '--json', '--url', pool.url]);
    expect(ended.code).toBe(0);
    expect(ended.stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      items: 3,
      failed: 0,
      mode: 'lightthinker',
      accuracy: expect.any(Number) as number,
      peak_cells_mean: expect.any(Number) as number,
      dep_mean: expect.any(Number) as number,
      generated_tokens_mean: expect.any(Number) as number,
      thoughts_mean: expect.any(Number) as number,
      seconds: expect.any(Number) as number,
    });
  });

  it('takes the good lines of a submitted file, names the bad ones, and lets a job be followed', async () => {
    const file = join(pool.dataDir, 'jobs.jsonl');
    const lines = [
      { prompt: QUESTION },
      { prompt: QUESTION, limits: { max_tokens: -1 } },
      { input: QUESTION },
    ];
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n\n'));
    const submitted = await gistpool(['submit', file, '--wait', '--json', '--data-dir', pool.dataDir]);
    expect(submitted.code).toBe(5);
    expect(submitted.stderr).toMatch(/^line 3: .*max_tokens/m);
    const summary = JSON.parse(submitted.stdout) as { batch: string };
    expect(summary).toMatchObject({ accepted: 2, rejected: 1, completed: 2, failed: 0 });

    const [job] = await pool.batch(summary.batch);
    const watched = await gistpool(['watch', job?.id ?? '', '--data-dir', pool.dataDir]);
    expect(watched.code).toBe(0);
    expect(watched.stdout).toMatch(
      /^\[waiting\]\n\[placed on card-0\]\n\[thinking on card-0\]\n[\s\S]*\[completed\]\n$/,
    );
  });

  it('is not started a second time on its data', async () => {
    const second = await gistpool(['up', '--port', '0', '--data-dir', pool.dataDir]);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain(pool.url);
    expect(second.stderr).toContain(`pid ${pool.up.pid}`);
  });
});

describe('the life of gistpool up', () => {
  const folders: string[] = [];
  const folder = async () => {
    const made = await temporaryFolder();
    folders.push(made);
    return made;
  };
  const pools: RunningPool[] = [];
  const start = async (dataDir: string) => {
    const pool = await RunningPool.start({ dataDir });
    pools.push(pool);
    return pool;
  };
  afterEach(async () => {
    // Also of a test that failed half-way.
    for (const pool of pools.splice(0)) await pool.stop();
    for (const made of folders.splice(0)) await removeFolder(made);
  });

  it(
    'ends cleanly on Ctrl-C: exit code 0, no process left, and the data folder free',
    async () => {
      const pool = await start(await folder());
      const pids = Object.values(pool.file.processes);
      expect(pids.every(isAlive)).toBe(true);
      pool.up.signal('SIGINT');
      expect(await pool.up.ended).toMatchObject({ code: 0 });
      expect(pids.filter(isAlive)).toEqual([]);
      expect(poolFile(pool.dataDir)).toBeUndefined();
    },
    3 * MINUTE_MS,
  );

  it(
    'leaves nothing behind when it is killed, and goes on with its jobs at the next start',
    async () => {
      const dataDir = await folder();
      const first = await start(dataDir);
      const { id } = await first.submit(ramblingJob(2400));
      await eventually('the job has a checkpoint', async () => ((await first.job(id)).thoughts ?? 0) > 3);
      const pids = Object.values(first.file.processes);
      first.up.signal('SIGKILL');
      await eventually('its processes end by themselves', () => !pids.some(isAlive));

      const second = await start(dataDir);
      const job = await eventually('the job completes', async () => {
        const now = await second.job(id);
        return now.state === 'completed' && now;
      });
      expect(job.usage?.resumes).toBe(1);
    },
    5 * MINUTE_MS,
  );

  it(
    'refuses a model that is not there with its path, and ends with 3',
    async () => {
      const dataDir = await folder();
      const ended = await gistpool([
        'up',
        '--port',
        '0',
        '--data-dir',
        dataDir,
        '--model',
        '/nowhere/missing.gguf',
      ]);
      expect(ended).toMatchObject({ code: 3, stdout: '' });
      expect(ended.stderr).toContain('/nowhere/missing.gguf');
      expect(poolFile(dataDir)).toBeUndefined();
    },
    2 * MINUTE_MS,
  );

  it('names the port that is taken, and the option that chooses another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const ended = await gistpool([
      'up',
      '--port',
      String(port),
      '--data-dir',
      await folder(),
      '--model',
      MODEL,
    ]);
    server.close();
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`port ${port}`);
    expect(ended.stderr).toContain('--port');
  });
});
