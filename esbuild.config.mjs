import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildDashboard } from './apps/dashboard/build.mjs';

const root = dirname(fileURLToPath(import.meta.url));

/** Our own libraries go into the bundle; every other package is loaded from node_modules. */
const packagesStayOutside = {
  name: 'packages-stay-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@gistpool/')
        ? undefined
        : { path, external: true, sideEffects: path === 'reflect-metadata' },
    );
  },
};

/** Nobody sees half a file: a start may read dist while another start builds it. */
async function writeWhole(path, contents) {
  const draft = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, contents);
  await rename(draft, path);
}

/** esbuild emits no decorator metadata: constructor injection in api names its classes with @Inject. */
const bundle = (entryPoints, options = {}) =>
  build({
    absWorkingDir: root,
    entryPoints,
    outdir: join(root, 'dist'),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    tsconfig: 'tsconfig.base.json',
    plugins: [packagesStayOutside],
    logLevel: 'warning',
    ...options,
  });

const programs = {
  'api/main': './apps/api/src/main.ts',
  'scheduler/main': './apps/scheduler/src/main.ts',
  'worker/main': './apps/worker/src/main.ts',
  'cli/child': './apps/cli/src/child.ts',
  'cli/redis-keeper': './apps/cli/src/redis-keeper.ts',
};
// What a rare command alone needs is loaded by that command alone: whatever it gets with import().
const commandLine = { 'cli/main': './apps/cli/src/main.ts' };

const bundles = await Promise.all([
  bundle(programs),
  bundle(commandLine, { splitting: true, chunkNames: 'cli/parts/[name]-[hash]' }),
]).catch(() => process.exit(1)); // esbuild has said why
await buildDashboard();
for (const file of bundles.flatMap((one) => one.outputFiles)) await writeWhole(file.path, file.contents);
