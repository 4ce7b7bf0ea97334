import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
export const BUILT = join(root, 'dist', 'dashboard');
/** Beside what was built: a hash of what it was built from. */
const INPUTS_NOTE = '.inputs';

/** Builds the pages into dist/dashboard unless they were built from the same sources. */
export async function buildDashboard() {
  const inputs = await hashOfInputs();
  if ((await textOf(join(BUILT, INPUTS_NOTE))) === inputs) return;
  const draft = join(root, 'dist', `.dashboard-${process.pid}`);
  // Whoever starts a pool, a test too, gets the libraries' small and fast builds.
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  await build({
    configFile: join(here, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: draft, emptyOutDir: true },
  });
  await packAssets(join(draft, 'assets'));
  await writeFile(join(draft, INPUTS_NOTE), inputs);
  // Another build may have been faster; what it put there is alike, and may be read at this moment.
  if ((await textOf(join(BUILT, INPUTS_NOTE))) === inputs) await rm(draft, { recursive: true });
  else await putInPlace(draft);
}

/** Each asset beside its gzipped self, so that the server compresses nothing. */
async function packAssets(folder) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
  }
}

/** Nobody sees half a folder. Of two builds at once either may win: they are alike. */
async function putInPlace(draft) {
  const old = `${draft}-old`;
  await rename(BUILT, old).catch(ignoreMissing);
  await rename(draft, BUILT).catch((error) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await Promise.all([old, draft].map((folder) => rm(folder, { recursive: true, force: true })));
}

async function hashOfInputs() {
  const hash = createHash('sha256');
  const files = [
    'build.mjs',
    'index.html',
    'vite.config.ts',
    ...(await filesUnder('src')),
    ...(await filesUnder('public')),
    // The simulator, and what it is made of.
    ...(await filesUnder('../../libs/sim/src')),
    ...(await filesUnder('../../libs/core/src')),
  ];
  for (const file of files) hash.update(`${file}\n`).update(await readFile(join(here, file)));
  return hash.update(await readFile(join(root, 'package-lock.json'))).digest('hex');
}

async function filesUnder(folder) {
  const entries = await readdir(join(here, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => relative(here, join(entry.parentPath, entry.name)))
    .sort();
}

const textOf = (path) => readFile(path, 'utf8').catch(ignoreMissing);

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}
