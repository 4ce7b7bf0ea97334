import { appendFileSync, copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCard } from './open-card';
import { Bench, DEFAULTS } from './testing/card.fixture';
import type { MetadataEntry } from './testing/gguf-writer';
import type { CardOptions } from './types';

describe('a model file that cannot be served is refused before it is loaded', () => {
  const bench = new Bench();
  let good: string;
  beforeAll(() => {
    good = bench.model('good', { gists: 2 });
  });
  afterAll(() => bench.close());

  const refusal = async (modelPath: string, options: Partial<CardOptions> = {}): Promise<string> => {
    const opened = await openCard({ ...DEFAULTS, modelPath, ...options });
    if (opened.ok) {
      await opened.card.dispose();
      return 'not refused';
    }
    expect(opened.refused.path).toBe(modelPath);
    return opened.refused.reason;
  };
  const withMetadata = (name: string, ...entries: [string, MetadataEntry][]): string =>
    bench.model(name, { gists: 2, metadata: new Map(entries) });

  it('a missing file', async () => {
    expect(await refusal('/nowhere/model.gguf')).toBe('there is no such file');
  });

  it('a directory', async () => {
    const path = join(bench.folder, 'folder.gguf');
    mkdirSync(path);
    expect(await refusal(path)).toBe('this is a directory, not a GGUF file');
  });

  it('an empty file', async () => {
    const path = join(bench.folder, 'empty.gguf');
    writeFileSync(path, '');
    expect(await refusal(path)).toBe('the file is empty (0 bytes)');
  });

  it('a header with a wild length, without hanging', async () => {
    const path = join(bench.folder, 'wild.gguf');
    const bytes = readFileSync(good);
    bytes.writeBigUInt64LE(2n ** 60n, 16);
    writeFileSync(path, bytes);
    expect(await refusal(path)).toMatch(/broken or cut off: it speaks of 1152921504606847000 at byte 16/);
    bytes.writeUInt32LE(9, 4);
    writeFileSync(path, bytes);
    expect(await refusal(path)).toMatch(/GGUF version 9 is not supported/);
  });

  it('something else than GGUF', async () => {
    const path = join(bench.folder, 'page.gguf');
    writeFileSync(path, '<!doctype html><title>Not found</title>'.repeat(50));
    expect(await refusal(path)).toMatch(/does not begin with "GGUF" \(1950 bytes\)/);
  });

  it.each([3, 6, 20, 300, 6000])('a header cut off after %i bytes', async (bytes) => {
    const path = join(bench.folder, `header-${String(bytes)}.gguf`);
    writeFileSync(path, readFileSync(good).subarray(0, bytes));
    expect(await refusal(path)).toMatch(new RegExp(`${String(bytes)} bytes`));
  });

  it('tensor data cut off, by however little', async () => {
    const size = readFileSync(good).length;
    for (const missing of [32, 1000, 200_000]) {
      const path = join(bench.folder, `cut-${String(missing)}.gguf`);
      copyFileSync(good, path);
      truncateSync(path, size - missing);
      expect(await refusal(path)).toMatch(
        new RegExp(`cut off: tensor .* ends at byte \\d+, the file at ${String(size - missing)}`),
      );
    }
  });

  it('but bytes behind the last tensor do no harm', async () => {
    const path = join(bench.folder, 'longer.gguf');
    copyFileSync(good, path);
    appendFileSync(path, 'more');
    expect(await refusal(path)).toBe('not refused');
  });

  it('an architecture that the engine does not know', async () => {
    const path = withMetadata('alien', ['general.architecture', { type: 'string', value: 'alien' }]);
    expect(await refusal(path)).toBe('architecture "alien" is not supported by this engine');
  });

  it('an adapter', async () => {
    const path = withMetadata('adapter', ['general.type', { type: 'string', value: 'adapter' }]);
    expect(await refusal(path)).toMatch(/type "adapter".*merge it into its base model/);
  });

  it('an embedding model', async () => {
    const path = withMetadata('embedder', ['qwen2.pooling_type', { type: 'u32', value: 1 }]);
    expect(await refusal(path)).toMatch(/makes embeddings and cannot generate text/);
  });

  it('a header that promises what the tensors do not hold', async () => {
    const path = withMetadata('liar', ['qwen2.block_count', { type: 'u32', value: 5 }]);
    expect(await refusal(path)).toMatch(/could not load the model.*blk\.2/);
  });

  it('settings that contradict the vocabulary or each other', async () => {
    const method = withMetadata('method', ['gistpool.method', { type: 'string', value: 'telepathy' }]);
    expect(await refusal(method)).toMatch(/gistpool.method is "telepathy"; known are lightthinker/);
    const splitter = withMetadata('splitter', ['gistpool.splitter_token', { type: 'string', value: '<w>' }]);
    expect(await refusal(splitter)).toMatch(/no token "<w>", which gistpool.splitter_token needs/);
    const count = withMetadata(
      'count',
      ['gistpool.gist_count', { type: 'u32', value: 3 }],
      ['gistpool.gist_tokens', { type: 'strings', value: ['<|o_0|>', '<|o_1|>'] }],
    );
    expect(await refusal(count)).toMatch(/gist_count is 3, but gistpool.gist_tokens names 2/);
  });

  it('lanes that exceed the budget, with both numbers', async () => {
    const lanes = [{ slots: 4, cells: 300 }];
    // 2 layers x 2 heads x 16 x (K + V) x 4 bytes = 512 bytes a cell; 4 x 512 cells = 1 MiB.
    expect(await refusal(good, { lanes, kvBudgetBytes: 1024 * 1024 - 1 })).toMatch(
      /4 x 512 cells\) need 1.0 MiB of KV cache; the budget is 1.0 MiB/,
    );
    expect(await refusal(good, { lanes, kvBudgetBytes: 1024 * 1024 })).toBe('not refused');
    expect(await refusal(good, { lanes: [{ slots: 300, cells: 256 }] })).toMatch(
      /300 slots; it must have 1 to 256/,
    );
  });

  it('a budget too small for one job with the default limits', async () => {
    const { lanes: _, ...rest } = DEFAULTS;
    const opened = await openCard({ ...rest, modelPath: good, kvBudgetBytes: 1000 });
    expect(opened).toMatchObject({
      ok: false,
      refused: {
        reason: expect.stringMatching(/one slot .* needs .* MiB of KV cache; the budget is 0.0 MiB/),
      },
    });
  });
});
