import OpenAI from 'openai';
import { KeyIssued, KeyView } from '@gistpool/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gistpool, MODEL, removeFolder, temporaryFolder } from './support/gistpool';
import { QUESTION, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const EVERYWHERE = ['--host', '0.0.0.0', '--model', MODEL];

describe('a pool that other machines reach', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await temporaryFolder();
  });
  afterAll(() => removeFolder(dataDir));

  const keys = (...args: string[]) => gistpool(['keys', ...args, '--data-dir', dataDir]);

  it(
    'does not start as long as nobody has a key, and says what to do',
    async () => {
      const { code, stdout, stderr } = await gistpool([
        'up',
        ...['--port', '0', '--data-dir', dataDir, ...EVERYWHERE],
      ]);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('0.0.0.0');
      expect(stderr).toContain(`gistpool keys create --scopes admin --data-dir ${dataDir}`);
      expect(stderr).toContain('GISTPOOL_BOOTSTRAP_KEY');
    },
    3 * MINUTE_MS,
  );

  it(
    'starts with a key that was made before, and serves the official client with it and nobody without',
    async () => {
      const made = await keys('create', '--tenant', 'acme', '--name', 'client', '--expires', '1d', '--json');
      const { secret, id } = KeyIssued.parse(JSON.parse(made.stdout));
      const pool = await RunningPool.start({ dataDir, args: EVERYWHERE });
      try {
        const client = (apiKey: string) => new OpenAI({ baseURL: `${pool.url}/v1`, apiKey, maxRetries: 5 });
        const ask = (openai: OpenAI) =>
          openai.chat.completions.create({
            model: 'gistpool-nano-qwen2',
            messages: [{ role: 'user', content: QUESTION }],
          });
        const answer = await ask(client(secret));
        expect(answer.choices[0]?.message.content).toBeTruthy();
        const jobId = answer.id.replace('chatcmpl-', '');
        await expect(ask(client('none'))).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
        expect((await fetch(`${pool.url}/v1/jobs`)).status).toBe(401);

        // The operator's own commands on the same folder need nothing more.
        const other = await keys('create', '--tenant', 'rival', '--scopes', 'submit,read');
        const rival = other.stdout.trim();
        const theirs = await fetch(`${pool.url}/v1/jobs/${jobId}`, {
          headers: { authorization: `Bearer ${rival}` },
        });
        expect(theirs.status).toBe(404);
        const fleet = await gistpool(['watch', '--once', '--json', '--data-dir', dataDir]);
        expect(JSON.parse(fleet.stdout)).toHaveProperty('cards');

        const rotated = await gistpool(['keys', 'rotate', id, '--url', pool.url, '--json'], {
          GISTPOOL_API_KEY: (await keys('create', '--scopes', 'admin')).stdout.trim(),
        });
        const fresh = KeyIssued.parse(JSON.parse(rotated.stdout)).secret;
        expect(await ask(client(fresh))).toHaveProperty('choices');
        await expect(ask(client(secret))).rejects.toMatchObject({ status: 401 });

        await keys('revoke', fresh.slice(0, id.length));
        await expect(ask(client(fresh))).rejects.toMatchObject({ status: 401 });
        const listed = (await keys('list', '--tenant', 'acme', '--json')).stdout.trim().split('\n');
        const states = listed.map((line) => KeyView.parse(JSON.parse(line)).state);
        expect(states).toEqual(['revoked', 'expired']);
        expect((await keys('list')).stdout).toMatch(/^key +name +tenant/);
      } finally {
        await pool.stop();
      }
    },
    8 * MINUTE_MS,
  );
});

describe('a pool that only this machine reaches', () => {
  it(
    'asks for keys when it is told to',
    async () => {
      const secret = 'made-up-by-the-operator-for-now';
      const pool = await RunningPool.start({
        args: ['--require-key', '--model', MODEL],
        env: { GISTPOOL_BOOTSTRAP_KEY: secret },
      });
      try {
        expect((await fetch(`${pool.url}/v1/fleet`)).status).toBe(401);
        const headers = { authorization: `Bearer ${secret}` };
        expect((await fetch(`${pool.url}/v1/keys`, { headers })).status).toBe(200);
        expect(JSON.stringify(pool.file)).not.toContain(secret);
      } finally {
        await pool.remove();
      }
    },
    4 * MINUTE_MS,
  );
});
