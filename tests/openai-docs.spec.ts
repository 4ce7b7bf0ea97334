import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, ROOT } from './support/gistpool';
import { RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;

/** The examples of docs/openai.md, as they stand there. */
const page = await readFile(join(ROOT, 'docs', 'openai.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code);

describe('the examples of docs/openai.md', () => {
  let pool: RunningPool;
  // Inside the repository, so that the client is found from it.
  const folder = join(ROOT, 'tests', 'node_modules', `.docs-${process.pid}`);

  beforeAll(async () => {
    pool = await RunningPool.start();
    await mkdir(folder, { recursive: true });
    const [line = ''] = blocks('jsonl');
    await writeFile(join(folder, 'lines.jsonl'), JSON.stringify(JSON.parse(line.replace('…', 'Where am I?'))));
  }, 5 * MINUTE_MS);

  afterAll(async () => {
    await removeFolder(folder);
    await pool.remove();
  });

  function run(command: string, args: readonly string[]): Promise<{ code: number | null; out: string }> {
    const child = spawn(command, args, { cwd: folder, env: { ...process.env, URL: pool.url } });
    let out = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (out += text.toString()));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })));
  }

  it(
    'that use the client run and print an answer, and a batch with its output',
    async () => {
      const code = blocks('ts').join('\n').replace('http://127.0.0.1:7410', pool.url);
      await writeFile(join(folder, 'example.mjs'), code);
      const { code: exit, out } = await run(process.execPath, ['example.mjs']);
      expect(exit, out).toBe(0);
      expect(out).toContain('kv_byte_seconds');
      expect(out).toMatch(/^completed \{ total: 1, completed: 1, failed: 0 \}$/m);
      expect(out).toContain('"custom_id":"a"');
    },
    5 * MINUTE_MS,
  );

  it(
    'that use curl run, stream and make a batch',
    async () => {
      const [stream = '', batch = ''] = blocks('sh');
      const streamed = await run('sh', ['-euc', stream]);
      expect(streamed.out).toMatch(/^: keep-alive$/m);
      expect(streamed.out).toContain('"reasoning_content"');
      expect(streamed.out.trimEnd().endsWith('data: [DONE]'), streamed.out.slice(-500)).toBe(true);
      const made = await run('sh', ['-euc', batch]);
      expect(made.code, made.out).toBe(0);
      expect(made.out).toContain('"object":"batch"');
    },
    5 * MINUTE_MS,
  );
});
