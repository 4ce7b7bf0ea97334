import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root';

/** Model files that an eval's own pool serves when none is named: all that ship, the one of the name asked for, or the usual ones. */
export function bundledFiles(names: readonly string[]): readonly string[] {
  const folder = join(ROOT, 'models');
  if (names.length === 0 || !existsSync(folder)) return [];
  if (names.length === 1 && names[0] === 'all')
    return readdirSync(folder)
      .filter((name) => name.endsWith('.gguf'))
      .sort()
      .map((name) => join(folder, name));
  const files = names.map((name) => join(folder, `${name}.gguf`));
  return files.every((file) => existsSync(file)) ? files : [];
}
