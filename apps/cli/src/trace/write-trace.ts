import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { MadeTrace } from '@gistpool/sim';
import { CliError, EXIT, messageOf } from '../exit';

export function refuseToOverwrite(path: string, isForced: boolean): void {
  if (!existsSync(dirname(path)))
    throw new CliError(`${dirname(path)} is no folder; --out names a file in one that exists`, EXIT.usage);
  if (!existsSync(path) || isForced) return;
  throw new CliError(`${path} exists; --force writes over it`, EXIT.usage);
}

/** The file is the whole trace or is not there. */
export async function writeTrace(path: string, { header, jobs }: MadeTrace): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(unfinished, 'wx');
    try {
      for (const line of [header, ...jobs]) await file.write(`${JSON.stringify(line)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new CliError(`cannot write ${path}: ${messageOf(error)}`);
  }
}
