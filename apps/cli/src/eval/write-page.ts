import { writeFile } from 'node:fs/promises';
import { CliError, EXIT } from '../exit';

export async function writePage(path: string, html: string): Promise<void> {
  try {
    await writeFile(path, html);
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${(error as Error).message}`, EXIT.usage);
  }
}
