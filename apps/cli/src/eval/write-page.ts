import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, EXIT } from '../exit';

export async function writePage(path: string, html: string): Promise<void> {
  try {
    await writeFile(path, html);
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${(error as Error).message}`, EXIT.usage);
  }
}

/** Before hours of work end in a page that cannot be written. */
export async function assertWritable(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw new CliError(`cannot write ${path}: it is a folder`, EXIT.usage);
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${(error as Error).message}`, EXIT.usage);
  }
}
