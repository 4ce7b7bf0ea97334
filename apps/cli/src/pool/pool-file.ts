import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';

/** `<data dir>/pool.json`: which pool runs on a data folder. `url` is null while it starts. */
export interface PoolFile {
  readonly url: string | null;
  readonly pid: number;
  readonly processes: Readonly<Record<string, number>>;
  /** Its private Redis. */
  readonly redisUrl?: string;
  /** An admin's key, as long as this pool runs: for who may read this file. */
  readonly key?: string;
}

/** There is a key in it. */
const OWNERS_ONLY = { mode: 0o600 };

export const poolFilePath = (dataDir: string): string => join(dataDir, 'pool.json');

/** What the file says, whether or not that pool still lives. */
export function readPoolFile(dataDir: string): PoolFile | undefined {
  try {
    const value = JSON.parse(readFileSync(poolFilePath(dataDir), 'utf8')) as Partial<PoolFile>;
    if (typeof value.pid !== 'number') return undefined;
    const { redisUrl, key } = value;
    return {
      url: value.url ?? null,
      pid: value.pid,
      processes: value.processes ?? {},
      ...(redisUrl !== undefined && { redisUrl }),
      ...(key !== undefined && { key }),
    };
  } catch {
    return undefined;
  }
}

export function writePoolFile(dataDir: string, file: PoolFile): void {
  const draft = `${poolFilePath(dataDir)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(file)}\n`, OWNERS_ONLY);
  renameSync(draft, poolFilePath(dataDir));
}

/** Makes the data folder ours. False: another start was faster. A file that was there must be removed first. */
export function claimDataDir(dataDir: string): boolean {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${poolFilePath(dataDir)}.${process.pid}`;
  writeFileSync(
    draft,
    `${JSON.stringify({ url: null, pid: process.pid, processes: {} } satisfies PoolFile)}\n`,
  );
  try {
    // A link appears whole or not at all, and never over a file that is there.
    linkSync(draft, poolFilePath(dataDir));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

export function removePoolFile(dataDir: string): void {
  rmSync(poolFilePath(dataDir), { force: true });
}
