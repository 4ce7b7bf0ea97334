import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import {
  type BuildRecord,
  type LibraryPlace,
  packagePatches,
  PATCH_SHA256,
  sha256Of,
  sourceBundle,
} from '@gistpool/engine/pooled-library';
import { CliError, messageOf } from '../exit';
import { ROOT } from '../root';

const run = promisify(execFile);

const NATIVE = join(ROOT, 'libs', 'engine', 'native');
const PATCH = join(NATIVE, 'pooled-streams.patch');
/** In the patch's preface: the git tree of the source that it was written for. */
const TREE_LINE = /^Written-for-tree: ([0-9a-f]{40})$/m;
/** `[12/43]` of Ninja, `[ 12%]` of make. */
const PROGRESS = /^\[\s*(?:(\d+)\/(\d+)|(\d+)%)\]/;
/** A build's own folder, beside the finished ones: `.building-<pid>-<its later name>`. */
const DRAFT = /^\.building-(\d+)-(.+)$/;
/** In that folder: how far the compiler is, 0 to 1. */
const DONE_FILE = 'done';

export interface BuildOptions {
  readonly jobs: number;
  /** Priority of the compilers, 19 being what only takes what nobody else wants. */
  readonly nice: number;
  /** Told how far the compiler is, 0 to 1. */
  readonly progress: (done: number) => void;
  readonly signal: AbortSignal;
  /** llama.cpp's source as a git bundle (default: the one in the npm package). */
  readonly bundle?: string;
}

/** What the build needs and this machine lacks. */
export async function missingTools(): Promise<string[]> {
  const compiler = process.env['CXX'] ?? 'c++';
  const found = await Promise.all(
    [['git'], ['cmake'], [compiler, 'g++', 'clang++']].map(async (names) =>
      (await Promise.all(names.map((name) => answers(name)))).some(Boolean) ? [] : [names[0] ?? ''],
    ),
  );
  return found.flat();
}

const answers = (program: string): Promise<boolean> =>
  run(program, ['--version']).then(
    () => true,
    () => false,
  );

export const defaultJobs = (): number => Math.max(1, availableParallelism());

/**
 * Builds libllama with pooled streams in a folder beside its place and gives that folder its name when all is done, so
 * that nobody ever sees half a library. The source is the one inside the npm package; ggml stays the shipped one.
 */
export async function buildLibrary(place: LibraryPlace, options: BuildOptions): Promise<BuildRecord> {
  const startedAtMs = Date.now();
  const cache = dirname(place.folder);
  await mkdir(cache, { recursive: true });
  await sweep(cache);
  const running = await runningBuild(place);
  if (running !== undefined) {
    throw new CliError(
      `a build of the same library is running already (pid ${running.pid}, ${Math.round(running.done * 100)} % compiled)`,
    );
  }
  const draft = join(cache, `.building-${process.pid}-${basename(place.folder)}`);
  await mkdir(draft);
  try {
    const source = join(draft, 'llama.cpp');
    await prepareSource(source, options.bundle ?? sourceBundle());
    const progress = (done: number): void => {
      writeFileSync(join(draft, DONE_FILE), String(done));
      options.progress(done);
    };
    const compiled = await compile(place, source, join(draft, 'build'), { ...options, progress });
    const finished = join(draft, 'finished');
    await mkdir(finished);
    const library = join(finished, basename(place.file));
    await copyFile(compiled.file, library);
    const record: BuildRecord = {
      version: place.version,
      variant: place.variant,
      patchSha256: PATCH_SHA256,
      shippedSha256: sha256Of(join(place.shipped, basename(place.file))),
      librarySha256: sha256Of(library),
      compiler: compiled.compiler,
      seconds: Math.round((Date.now() - startedAtMs) / 1000),
      builtAt: new Date(startedAtMs).toISOString(),
    };
    await writeFile(join(finished, 'build.json'), `${JSON.stringify(record, null, 2)}\n`);
    options.signal.throwIfAborted();
    await rm(place.folder, { recursive: true, force: true });
    await rename(finished, place.folder);
    return record;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** llama.cpp's source as the npm package's own build has it, plus ours; refused when it is not what the patch was written for. */
export async function prepareSource(folder: string, bundle: string): Promise<void> {
  if (sha256Of(PATCH) !== PATCH_SHA256) {
    throw new CliError(
      `${PATCH} was changed, but PATCH_SHA256 in libs/engine/src/pooled-library.ts was not: an older build would pass for this one`,
    );
  }
  const [, wanted] = TREE_LINE.exec(readFileSync(PATCH, 'utf8')) ?? [];
  await run('git', ['clone', '--quiet', '--config', 'advice.detachedHead=false', bundle, folder]);
  const { stdout } = await run('git', ['-C', folder, 'rev-parse', 'HEAD^{tree}']);
  const tree = stdout.trim();
  if (tree !== wanted) {
    throw new CliError(
      `the source of llama.cpp in the installed node-llama-cpp has the tree ${tree}; ${PATCH} was written for ` +
        `${wanted ?? 'no tree at all'}. Look the patch over for this source, then change its line Written-for-tree`,
    );
  }
  for (const patch of await patchesOf(packagePatches())) {
    // As node-llama-cpp does: one that the source has already is passed over.
    await run('git', ['-C', folder, 'apply', '--ignore-whitespace', patch]).catch(() => undefined);
  }
  await run('git', ['-C', folder, 'apply', PATCH]);
}

const patchesOf = async (folder: string): Promise<string[]> =>
  existsSync(folder)
    ? (await readdir(folder)).filter((name) => /\.(diff|patch)$/.test(name)).map((name) => join(folder, name))
    : [];

async function compile(
  place: LibraryPlace,
  source: string,
  folder: string,
  { jobs, nice, progress, signal }: BuildOptions,
): Promise<{ file: string; compiler: string }> {
  const log = join(dirname(place.folder), `${basename(place.folder)}.log`);
  const out = createWriteStream(log);
  try {
    await logged(
      'cmake',
      [
        ['-S', NATIVE, '-B', folder],
        (await answers('ninja')) ? ['-G', 'Ninja'] : [],
        // The library only sets graphs up; what computes is ggml, which stays as it was shipped.
        ['-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG'],
        [`-DLLAMA_SOURCE=${source}`, `-DSHIPPED=${place.shipped}`, `-DVARIANT=${place.variant}`],
      ].flat(),
      { out, nice, signal },
    );
    await logged(
      'cmake',
      ['--build', folder, '--target', 'llama', '--parallel', String(jobs)],
      { out, nice, signal },
      (line) => {
        const [, done, all, percent] = PROGRESS.exec(line) ?? [];
        if (percent !== undefined) progress(Number(percent) / 100);
        else if (done !== undefined && all !== undefined) progress(Number(done) / Number(all));
      },
    );
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CliError(
      `libllama could not be built: ${messageOf(error)}. All that the compiler said: ${log}`,
    );
  } finally {
    out.end();
  }
  const cache = readFileSync(join(folder, 'CMakeCache.txt'), 'utf8');
  const [, path = 'c++'] = /^CMAKE_CXX_COMPILER:\w+=(.*)$/m.exec(cache) ?? [];
  const { stdout } = await run(path, ['--version']);
  return { file: join(folder, basename(place.file)), compiler: stdout.split('\n')[0] ?? path };
}

/** Runs a program in a process group of its own, so that its compilers end with it. */
async function logged(
  program: string,
  args: readonly string[],
  { out, nice, signal }: { out: NodeJS.WritableStream; nice: number; signal: AbortSignal },
  line: (text: string) => void = () => undefined,
): Promise<void> {
  signal.throwIfAborted();
  const child = spawn('nice', ['-n', String(nice), program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', end, { once: true });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      out.write(`${text}\n`);
      if (/error/i.test(text)) last.push(text);
      line(text);
    });
  }
  try {
    const [code, by] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (...how) => resolve(how));
    });
    signal.throwIfAborted();
    if (code !== 0) throw new Error(last[0] ?? `${program} ended with ${by ?? `exit code ${String(code)}`}`);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** The build of this very library that runs now, if any. */
export async function runningBuild(place: LibraryPlace): Promise<{ pid: number; done: number } | undefined> {
  const cache = dirname(place.folder);
  if (!existsSync(cache)) return undefined;
  for (const name of await readdir(cache)) {
    const [, pid, of] = DRAFT.exec(name) ?? [];
    if (pid === undefined || of !== basename(place.folder) || !isRunning(Number(pid))) continue;
    const done = join(cache, name, DONE_FILE);
    return { pid: Number(pid), done: existsSync(done) ? Number(readFileSync(done, 'utf8')) : 0 };
  }
  return undefined;
}

/** Removes what killed builds left behind. */
async function sweep(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const [, pid] = DRAFT.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)))
      await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
