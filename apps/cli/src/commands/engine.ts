import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { Backend } from '@gistpool/engine/pooled-library';
import { CliError } from '../exit';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { whole } from './options';

interface EngineBuildOptions {
  readonly backend?: Backend;
  readonly jobs?: number;
  readonly nice: number;
  readonly again?: true;
  readonly background?: true;
}

export function addEngine(program: Command, output: Output): void {
  const engine = program
    .command('engine')
    .description('The libraries that decode: which are used, and building the one that shares memory.');
  engine
    .command('build')
    .description(
      'Build libllama with pooled streams for this machine (git, cmake and a C++ compiler; a few minutes, once). Workers ' +
        'with --pool-sessions use it from then on.',
    )
    .addOption(
      new Option(
        '--backend <name>',
        'only for this one (default: every one that this machine has a device for)',
      ).choices(['cpu', 'cuda', 'vulkan']),
    )
    .option('--jobs <n>', 'compilers at once (default: one per CPU)', whole(1, 256))
    .option('--nice <n>', 'priority of the compilers, 19 the lowest', whole(0, 19), 19)
    .option('--background', 'return at once; gistpool engine status tells how far it is')
    .option('--again', 'also where a build is there already')
    .action((options: EngineBuildOptions) =>
      options.background === true ? buildInBackground(output) : build(options, output),
    );
  engine
    .command('status')
    .description('Which libllama each backend uses, and why.')
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: { json?: true }) => {
      const rows = await status();
      output.answer(
        options.json === true ? `${JSON.stringify({ backends: rows })}\n` : rows.map(sentence).join(''),
      );
    });
}

/** Loaded on demand, as no other command needs it. */
const parts = async () => ({
  ...(await import('@gistpool/engine/pooled-library')),
  ...(await import('../engine/build-library')),
});

async function build(options: EngineBuildOptions, output: Output): Promise<void> {
  const { BACKENDS, libraryPlace, findPooledLibrary, hasDeviceFor, ...making } = await parts();
  const { missingTools, buildLibrary, defaultJobs } = making;
  const installed = (options.backend === undefined ? BACKENDS : [options.backend]).flatMap(
    (backend) => libraryPlace(backend) ?? [],
  );
  const isWanted = (backend: Backend) => options.backend !== undefined || hasDeviceFor(backend);
  const places = installed.filter(({ backend }) => isWanted(backend));
  for (const { backend } of installed) {
    if (!isWanted(backend))
      output.progress(
        `gistpool: ${backend}: left out, no device for it is seen on this machine; --backend ${backend} builds it all the same\n`,
      );
  }
  if (places.length === 0) {
    throw new CliError(
      `no package of node-llama-cpp with a libllama for ${options.backend ?? 'this platform'} is installed; the stock library stays in use`,
    );
  }
  const wanted = places.filter((place) => options.again === true || !findPooledLibrary(place.backend).ok);
  for (const place of places) {
    if (!wanted.includes(place))
      output.progress(`gistpool: ${place.backend}: built already, ${place.file}\n`);
  }
  if (wanted.length === 0) return;
  const missing = await missingTools();
  if (missing.length > 0) {
    throw new CliError(
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} needed to build libllama (Debian: apt-get install ` +
        'git cmake g++); the stock library stays in use, with cells of its own for every slot',
    );
  }
  const { signal } = interruptSignal();
  for (const place of wanted) {
    let told = 0;
    const record = await buildLibrary(place, {
      nice: options.nice,
      jobs: options.jobs ?? defaultJobs(),
      signal,
      progress: (done) => {
        const percent = Math.floor(done * 20) * 5;
        if (percent > told) output.progress(`gistpool: ${place.backend}: ${(told = percent)} % compiled\n`);
      },
    });
    output.progress(`gistpool: ${place.backend}: built in ${record.seconds} s\n`);
    output.answer(`${place.file}\n`);
  }
}

/** The same command without --background, in a session of its own. */
async function buildInBackground(output: Output): Promise<void> {
  const { engineCacheFolder } = await parts();
  mkdirSync(engineCacheFolder(), { recursive: true });
  const log = join(engineCacheFolder(), 'build.log');
  const out = openSync(log, 'w');
  const args = process.argv.slice(1).filter((arg) => arg !== '--background');
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', out, out] });
  child.unref();
  output.progress(`gistpool: building in the background (pid ${child.pid ?? '?'}); what it says: ${log}\n`);
}

interface StatusRow {
  readonly backend: Backend;
  readonly node_llama_cpp: string;
  readonly library: 'pooled' | 'stock';
  readonly file: string;
  /** Why it is that one. */
  readonly reason: string;
}

async function status(): Promise<StatusRow[]> {
  const { BACKENDS, libraryPlace, findPooledLibrary, missingTools, runningBuild } = await parts();
  const missing = await missingTools();
  const without =
    missing.length === 0 ? '' : ` (not on this machine as it is: ${missing.join(' and ')} not found)`;
  const rows: StatusRow[] = [];
  for (const backend of BACKENDS) {
    const place = libraryPlace(backend);
    if (place === undefined) continue;
    const found = findPooledLibrary(backend);
    const common = { backend, node_llama_cpp: place.version };
    if (!found.ok) {
      const file = place.file.replace(place.folder, place.shipped);
      const running = await runningBuild(place);
      const reason =
        running === undefined
          ? `${found.reason}${without}`
          : `its build is running (pid ${running.pid}, ${Math.round(running.done * 100)} % compiled)`;
      rows.push({ ...common, library: 'stock', file, reason });
      continue;
    }
    const { seconds, builtAt, compiler } = found.record;
    const reason = `built ${builtAt} in ${seconds} s by ${compiler}; loaded where sessions share pools (--pool-sessions)`;
    rows.push({ ...common, library: 'pooled', file: place.file, reason });
  }
  return rows;
}

const sentence = ({ backend, library, file, reason }: StatusRow): string =>
  `${backend}: ${library} libllama, ${file}\n  ${reason}\n`;
