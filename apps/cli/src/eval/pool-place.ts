import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, EXIT } from '../exit';
import { runningPool } from '../with-pool';

export interface PoolPlace {
  readonly dataDir: string;
  readonly url?: string;
  /** Of a pool of the command's own: takes its data away, once nobody will come back for it. */
  remove?(): Promise<void>;
}

/**
 * Where an eval finds its pool: the one named or running, else one of its own. That one lives in the run's folder, so
 * that an interrupted run finds its jobs and checkpoints again; without a run's folder it leaves nothing behind.
 */
export async function poolPlace(options: {
  readonly dataDir: string;
  readonly url?: string;
  readonly out?: string;
}): Promise<PoolPlace> {
  const { dataDir, out, url = runningPool(dataDir)?.url } = options;
  if (url !== undefined) return { dataDir, url };
  const own = out === undefined ? await mkdtemp(join(tmpdir(), 'gistpool-eval-')) : join(out, 'pool');
  try {
    await mkdir(own, { recursive: true });
  } catch (error) {
    throw new CliError(`cannot make the folder ${own}: ${(error as Error).message}`, EXIT.usage);
  }
  return { dataDir: own, remove: () => rm(own, { recursive: true, force: true }) };
}
