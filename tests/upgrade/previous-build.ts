import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, temporaryFolder } from '../support/gistpool';

/** Names the release before this one: a tag or a commit. GISTPOOL_PREVIOUS names another. */
const NAMED_IN = join(import.meta.dirname, 'previous-release');
const TAKEN_FROM_US = ['node_modules', 'dist', '.git', '.data'];

export type PreviousBuild =
  | { readonly ok: true; readonly folder: string; readonly dist: string }
  | { readonly ok: false; readonly reason: string };

export const previousRelease = (): string =>
  process.env['GISTPOOL_PREVIOUS'] ?? readFileSync(NAMED_IN, 'utf8').trim();

/** Whether the history of this checkout reaches back to it. */
export function hasPreviousRelease(): boolean {
  const found = spawnSync('git', ['cat-file', '-e', `${previousRelease()}^{commit}`], { cwd: ROOT });
  return found.status === 0;
}

/** Its programs, built from its own code in a folder of their own, with the packages that are installed here. */
export async function buildPreviousRelease(): Promise<PreviousBuild> {
  const release = previousRelease();
  if (!hasPreviousRelease())
    return { ok: false, reason: `the history of this checkout does not hold ${release}` };
  const folder = await temporaryFolder();
  const tar = spawnSync('git', ['archive', release], { cwd: ROOT, maxBuffer: 2 ** 30 });
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: tar.stdout });
  if (tar.status !== 0 || unpacked.status !== 0)
    return { ok: false, reason: `${release} could not be taken out of the history` };
  linkPackages(folder);
  const built = spawnSync(process.execPath, ['esbuild.config.mjs'], { cwd: folder, encoding: 'utf8' });
  if (built.status === 0) return { ok: true, folder, dist: join(folder, 'dist') };
  return {
    ok: false,
    reason: `${release} does not build with the packages that are installed: ${built.stderr}`,
  };
}

/** The packages of this checkout, and the release's own libraries under their names. */
function linkPackages(folder: string): void {
  const from = join(ROOT, 'node_modules');
  const to = join(folder, 'node_modules');
  mkdirSync(join(to, '@gistpool'), { recursive: true });
  for (const name of readdirSync(from))
    if (name !== '@gistpool' && !name.startsWith('.gistpool')) symlinkSync(join(from, name), join(to, name));
  for (const group of ['libs', 'apps'])
    for (const name of readdirSync(join(folder, group)))
      if (!TAKEN_FROM_US.includes(name) && existsSync(join(folder, group, name, 'package.json')))
        symlinkSync(join(folder, group, name), join(to, '@gistpool', name));
}
