import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { startRedis, type RunningRedis } from '@gistpool/queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/conditions';
import { gistpool, removeFolder, ROOT, temporaryFolder } from '../support/gistpool';

const MINUTE_MS = 60_000;
const DOCKER = join(ROOT, 'deploy/docker');
const MODEL = 'gistpool-nano-qwen2';

/** The arguments of closure.mjs in a Dockerfile, with which its last stage is filled. */
const closureOf = (dockerfile: string, stage = ''): string[] => {
  const text = readFileSync(join(DOCKER, dockerfile), 'utf8');
  const from = stage === '' ? 0 : text.indexOf(`AS ${stage}\n`);
  const line = /closure\.mjs \/out (.*?)(?: \\)?$/m.exec(text.slice(from))?.[1];
  if (line === undefined) throw new Error(`${dockerfile} fills no image`);
  return line.split(' ').filter((word) => word !== '');
};

/**
 * There is no Docker here: what is run is the step that fills an image, as its Dockerfile has it, into a folder outside of
 * this repository, and then what the image would run, from that folder.
 */
describe('what an image holds', () => {
  let folder: string;
  let redis: RunningRedis;
  const children: ChildProcess[] = [];
  const image = (name: string) => join(folder, name);

  const fill = async (name: string, args: readonly string[]) => {
    const made = spawnSync(process.execPath, [join(DOCKER, 'closure.mjs'), image(name), ...args], {
      encoding: 'utf8',
    });
    expect(made, made.stderr).toMatchObject({ status: 0 });
    for (const file of ['healthy.mjs', 'download.mjs'])
      await copyFile(join(DOCKER, file), join(image(name), file));
    await copyFile(join(DOCKER, 'run.sh'), join(image(name), 'run'));
  };
  const start = (name: string, program: string, env: NodeJS.ProcessEnv): { said: () => string } => {
    let said = '';
    const child = spawn('sh', [join(image(name), 'run'), program], {
      cwd: folder,
      env: {
        ...{ PATH: process.env['PATH'], NODE_ENV: 'production', GISTPOOL_DATA_DIR: join(folder, 'data') },
        ...{ GISTPOOL_REDIS_URL: redis.url, GISTPOOL_METRICS_PORT: '0' },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    return { said: () => said };
  };
  const urlOf = (part: { said: () => string }) =>
    eventually('it listens', () => /"url":"(http:[^"]+)"/.exec(part.said())?.[1]);

  beforeAll(async () => {
    await gistpool(['--help']);
    folder = await temporaryFolder();
    redis = await startRedis({ dir: join(folder, 'redis') });
    await fill('server', closureOf('server.Dockerfile'));
    await fill('worker', closureOf('worker.Dockerfile', 'build-cpu'));
    await mkdir(join(image('worker'), 'models'));
    await symlink(join(ROOT, 'models', `${MODEL}.gguf`), join(image('worker'), 'models', `${MODEL}.gguf`));
  }, 4 * MINUTE_MS);

  afterAll(async () => {
    for (const child of children) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      if (child.kill()) await ended;
    }
    await redis?.stop();
    if (folder) await removeFolder(folder);
  });

  it(
    'does a job from end to end: api, scheduler and worker start from it, and nothing is missing',
    async () => {
      const api = start('server', 'api', { GISTPOOL_PORT: '0' });
      start('server', 'scheduler', {});
      start('worker', 'worker', {
        GISTPOOL_DEVICE: 'cpu',
        GISTPOOL_MODEL_PATH: join(image('worker'), 'models', `${MODEL}.gguf`),
      });
      const url = await urlOf(api);
      expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).toContain(
        '<div id="root">',
      );
      const { port } = new URL(url);
      const health = { env: { ...process.env, GISTPOOL_PORT: port, GISTPOOL_METRICS_PORT: '1' } };
      expect(spawnSync(process.execPath, [join(image('server'), 'healthy.mjs')], health).status).toBe(0);
      const sick = { env: { ...process.env, GISTPOOL_PORT: '1', GISTPOOL_METRICS_PORT: '1' } };
      expect(spawnSync(process.execPath, [join(image('server'), 'healthy.mjs')], sick).status).toBe(1);

      const script = join(ROOT, 'helm/gistpool/files/submit-job.mjs');
      const child = spawn(process.execPath, [script], {
        env: { ...process.env, GISTPOOL_URL: url, MODEL, TIMEOUT_SECONDS: '90' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      expect(await new Promise((resolve) => child.once('close', resolve)), said).toBe(0);
    },
    3 * MINUTE_MS,
  );

  it('is listed in its SBOM, package by package, and no tool of development is in it', () => {
    for (const name of ['server', 'worker']) {
      const sbom = JSON.parse(readFileSync(join(image(name), 'sbom.cdx.json'), 'utf8')) as {
        components: { name: string }[];
      };
      const names = sbom.components.map((one) => one.name);
      expect(names).toEqual(expect.arrayContaining(['bullmq', 'ioredis', 'zod']));
      for (const tool of ['typescript', 'vite', 'vitest', 'nx', 'esbuild', 'react-dom', 'playwright-core'])
        expect(names).not.toContain(tool);
      const held = readdirSync(join(image(name), 'node_modules'));
      expect(held.every((one) => names.some((each) => each === one || each.startsWith(`${one}/`)))).toBe(
        true,
      );
    }
    expect(existsSync(join(image('server'), 'node_modules/node-llama-cpp'))).toBe(false);
    expect(readdirSync(join(image('worker'), 'node_modules/@node-llama-cpp'))).toEqual(['linux-x64']);
  });

  it('fetches a model once, and keeps none whose checksum is another', async () => {
    const server = createServer((_, response) => response.end('a model')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const download = (wanted: string) =>
      new Promise<number | null>((resolve) => {
        const env = {
          MODEL_URL: `http://127.0.0.1:${port}`,
          MODEL_FILE: join(folder, 'fetched.gguf'),
          MODEL_SHA256: wanted,
        };
        const child = spawn('sh', [join(image('worker'), 'run'), 'download'], {
          env: { ...process.env, ...env },
        });
        child.once('close', resolve);
      });
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(await download(sha256('another model'))).toBe(1);
    expect(existsSync(join(folder, 'fetched.gguf'))).toBe(false);
    expect(await download(sha256('a model'))).toBe(0);
    server.close();
    expect(readFileSync(join(folder, 'fetched.gguf'), 'utf8')).toBe('a model');
    // The server is gone, and nothing needs to be fetched.
    expect(await download(sha256('a model'))).toBe(0);
  });
});
