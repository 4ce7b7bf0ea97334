import { parseConfig, WorkerConfig } from '@gistpool/config';
import { describe, expect, it } from 'vitest';
import { cardOptions } from './card-options';

function optionsOf(settings: Record<string, string>) {
  const parsed = parseConfig(WorkerConfig, { GISTPOOL_MODEL_PATH: 'm/small.gguf', ...settings });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return cardOptions(parsed.config);
}

describe('what a worker asks of the engine', () => {
  it.each([
    [{}, false],
    [{ GISTPOOL_POOL_SESSIONS: '4' }, true],
    [{ GISTPOOL_LANES: 'auto' }, true],
    [{ GISTPOOL_LANES: 'most' }, true],
    [{ GISTPOOL_LANES: 'auto', GISTPOOL_POOL_SESSIONS: '1' }, false],
    [{ GISTPOOL_KV_TYPE: 'q8_0' }, true],
    [{ GISTPOOL_POOL_SESSIONS: '4', GISTPOOL_FLASH_ATTENTION: 'false' }, false],
    [{ GISTPOOL_FLASH_ATTENTION: 'true' }, true],
  ])('with %j is flash attention: %s', (settings, expected) => {
    expect(optionsOf(settings).flashAttention).toBe(expected);
  });

  it('is a park folder of its own in the data directory, with a quota', () => {
    const settings = { GISTPOOL_DATA_DIR: 'd', GISTPOOL_CARD: 'card-3', GISTPOOL_PARK_MIB: '1.5' };
    expect(optionsOf(settings).park).toEqual({ folder: 'd/parked/card-3', quotaBytes: 1.5 * 1024 * 1024 });
  });

  it('is lanes only where they are named', () => {
    expect(optionsOf({ GISTPOOL_LANES: '2x512' }).lanes).toEqual([{ slots: 2, cells: 512 }]);
    expect(optionsOf({ GISTPOOL_LANES: 'auto' })).not.toHaveProperty('lanes');
    expect(optionsOf({})).not.toHaveProperty('lanes');
  });
});
