import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { removeFolder, ROOT } from './support/gistpool';
import { ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

const blocksOf = async (page: string, language: string): Promise<string[]> => {
  const text = await readFile(join(ROOT, 'docs', page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  );
};

describe('jobs over REST, on a pool with the bundled model', () => {
  let pool: RunningPool;
  // Inside the repository, so that packages are found from it.
  const folder = join(ROOT, 'tests', 'node_modules', `.jobs-docs-${process.pid}`);

  beforeAll(async () => {
    const env = { GISTPOOL_WEBHOOKS_SECRET: SECRET, GISTPOOL_WEBHOOKS_PRIVATE: '1' };
    pool = await RunningPool.start({ env });
    await mkdir(folder, { recursive: true });
  }, 5 * MINUTE_MS);

  afterAll(async () => {
    await removeFolder(folder);
    await pool.remove();
  });

  function start(command: string, args: readonly string[]) {
    const env = { ...process.env, URL: pool.url, GISTPOOL_WEBHOOKS_SECRET: SECRET };
    const child = spawn(command, args, { cwd: folder, env });
    const said = { out: '' };
    child.stdout.on('data', (text: Buffer) => (said.out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (said.out += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, said, ended };
  }
  const post = async (path: string, body?: object) => {
    const answer = await fetch(`${pool.url}${path}`, {
      method: 'POST',
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, unknown>;
  };
  const until = (id: string, state: string) =>
    eventually(`the job is ${state}`, async () => {
      const job = await pool.job(id);
      return job.state === state && job;
    });

  it(
    'the examples of docs/jobs.md run',
    async () => {
      const script = (await blocksOf('jobs.md', 'sh')).join('\n');
      const { said, ended } = start('sh', ['-euc', script]);
      expect(await ended, said.out).toBe(0);
      expect(said.out).not.toContain('"error"');
      expect(said.out).toContain('event: usage');
      expect(said.out).toMatch(/"state":"completed".*"result"/);
      expect(
        new Set(
          [...said.out.matchAll(/"id":"(job_[^"]+)","object":"job","state":"delayed"/g)].map(([, id]) => id),
        ).size,
      ).toBe(1);
      expect(said.out).toContain('"outcome":"retried"');
      expect(said.out).toContain('"kind":"retried"');
      expect(said.out).toMatch(/"object":"job.bulk","id":null,"action":"cancel","dry_run":true/);
    },
    5 * MINUTE_MS,
  );

  it(
    'the receiver of docs/jobs.md is told of a job, and takes the signature',
    async () => {
      const [code = ''] = await blocksOf('jobs.md', 'ts');
      const port = 20_000 + (process.pid % 20_000);
      await writeFile(join(folder, 'receiver.mjs'), code.replace('8080', String(port)));
      const { child, said, ended } = start(process.execPath, ['receiver.mjs']);
      await eventually('it listens', () =>
        fetch(`http://127.0.0.1:${port}`).then(
          () => true,
          () => false,
        ),
      );
      const { id } = await pool.submit({
        prompt: 'What is 17 + 25?',
        webhook: { url: `http://127.0.0.1:${port}/` },
      });
      await eventually('it is told', () => said.out.includes(`job.completed ${id}`), MINUTE_MS);
      child.kill();
      await ended;
    },
    3 * MINUTE_MS,
  );

  it(
    'the example of docs/client.md runs',
    async () => {
      const [code = ''] = await blocksOf('client.md', 'ts');
      await writeFile(join(folder, 'client.ts'), code);
      await build({
        entryPoints: [join(folder, 'client.ts')],
        outfile: join(folder, 'client.mjs'),
        bundle: true,
        platform: 'node',
        format: 'esm',
        logLevel: 'error',
      });
      const { said, ended } = start(process.execPath, ['client.mjs']);
      expect(await ended, said.out).toBe(0);
      expect(said.out.match(/completed/g)?.length).toBeGreaterThanOrEqual(3);
      expect(said.out).toContain('400 unknown_model model');
    },
    5 * MINUTE_MS,
  );

  it(
    'a running job that is paused frees its place at once, and goes on to the text it would have said',
    async () => {
      const request = ramblingJob(600, 5);
      const whole = await until((await pool.submit(request)).id, 'completed');
      const { id } = await pool.submit(request);
      await eventually('it has a checkpoint', async () => ((await pool.job(id)).thoughts ?? 0) >= 2);
      await post(`/v1/jobs/${id}/pause`);
      await until(id, 'paused');
      await eventually('its slot is free', async () =>
        (await pool.fleet()).cards.every(({ lanes }) =>
          lanes.every(({ slots }) => slots.every(({ job }) => job !== id)),
        ),
      );
      await post(`/v1/jobs/${id}/resume`);
      const job = await until(id, 'completed');
      expect(job.result?.text).toBe(whole.result?.text);
      expect(job.usage?.resumes).toBe(1);
      const log = (await (await fetch(`${pool.url}/v1/jobs/${id}/log`)).json()) as {
        data: { kind: string }[];
      };
      const kinds = log.data.map(({ kind }) => kind);
      expect(kinds.slice(0, 4)).toEqual(['submitted', 'placed', 'started', 'checkpoint']);
      expect(kinds).toEqual(expect.arrayContaining(['paused', 'unpaused', 'resumed', 'ended']));
    },
    5 * MINUTE_MS,
  );

  it(
    'a running job expires at its deadline and its cells are free',
    async () => {
      const job = { ...ramblingJob(2400, 7), deadline: Date.now() + 2_500 };
      const { id } = await pool.submit(job);
      const expired = await until(id, 'expired');
      expect(expired.error?.code).toBe('deadline_passed');
      expect(Math.abs((expired.finished_at_ms ?? 0) - job.deadline)).toBeLessThan(10_000);
      await eventually('its slot is free', async () =>
        (await pool.fleet()).cards.every(({ lanes }) =>
          lanes.every(({ slots }) => slots.every((slot) => slot.job !== id)),
        ),
      );
    },
    3 * MINUTE_MS,
  );

  it(
    'of a paused model nothing is placed until it is resumed',
    async () => {
      const model = (await pool.fleet()).models[0]?.name ?? '';
      await post('/v1/queues/pause', { model });
      const { id } = await pool.submit({ prompt: 'What is 17 + 25?' });
      await eventually('it says why', async () => (await pool.placement(id)).wait?.reason === 'paused');
      expect((await pool.job(id)).state).toBe('waiting');
      await post('/v1/queues/resume', { model });
      await until(id, 'completed');
    },
    3 * MINUTE_MS,
  );
});
