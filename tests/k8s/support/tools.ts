import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = join(import.meta.dirname, '../tools/versions.txt');
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gistpool', 'k8s');

const versionOf = (name: string): string => {
  const version = new RegExp(`^${name} (\\S+)$`, 'm').exec(readFileSync(VERSIONS, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${VERSIONS} has no ${name}`);
  return version;
};

/** The program as tests/k8s/tools/build.sh has built it, else one on the PATH; where there is none it is said. */
export function findTool(name: string): string | undefined {
  const built = join(CACHE, `${name}-${versionOf(name)}`);
  if (existsSync(built)) return built;
  if (spawnSync(name, ['version']).error === undefined) return name;
  process.stderr.write(`${lacks(name)}\n`);
  return undefined;
}

export const lacks = (name: string): string =>
  `SKIP: ${name} is not there (tests/k8s/tools/build.sh ${name}, which needs Go)`;

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Said> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  child.stdin.on('error', () => undefined).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, ...said };
}
