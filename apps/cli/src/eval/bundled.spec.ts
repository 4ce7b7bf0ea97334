import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../root';
import { bundledFiles, type Wish } from './bundled';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gistpool-models-'));
  const ours = (name: string) => join(ROOT, 'models', name);
  cpSync(ours('gistpool-nano-qwen2.gguf'), join(folder, 'b-thought.gguf'));
  cpSync(ours('gistpool-nano-qwen2-vanilla.gguf'), join(folder, 'a-plain.gguf'));
  writeFileSync(join(folder, 'a-torn.gguf'), 'GGUF');
  writeFileSync(join(folder, 'README.md'), 'about');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the models of a pool that eval starts itself', () => {
  it.each([
    [{ names: [] }, ['b-thought']],
    [{ names: [], mode: 'lightthinker' }, ['b-thought']],
    [{ names: [], mode: 'vanilla' }, ['a-plain']],
    [{ names: [], mode: 'token' }, []],
    [{ names: ['b-thought', 'a-plain'] }, ['b-thought', 'a-plain']],
    [{ names: ['b-thought', 'gone'] }, []],
    [{ names: ['all'] }, ['a-plain', 'a-torn', 'b-thought']],
  ] as [Wish, string[]][])('for %j are %j', async (wish, names) => {
    expect((await bundledFiles(wish, folder)).map((file) => basename(file, '.gguf'))).toEqual(names);
  });

  it('are none where no models are', async () => {
    expect(await bundledFiles({ names: ['all'] }, join(folder, 'nowhere'))).toEqual([]);
  });
});
