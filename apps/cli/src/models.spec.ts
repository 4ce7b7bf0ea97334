import type { FleetView, ModelInfo } from '@gistpool/contracts';
import { describe, expect, it } from 'vitest';
import { chooseModel, chooseModels, modeOf } from './models';

const model = (name: string, info: Partial<ModelInfo> = {}): ModelInfo => ({
  name,
  method: 'vanilla',
  architecture: 'qwen2',
  gist_count: 0,
  policy: {},
  kv_bytes_per_cell: 3072,
  largest_slot_cells: 512,
  default_limits: { max_tokens: 600, max_thoughts: 40, max_thought_tokens: 48 },
  ...info,
});
const MODELS = [
  model('a-vanilla'),
  model('b-token', { method: 'lightthinker', policy: { every_tokens: 16 } }),
  model('c-thought', { method: 'lightthinker' }),
  model('d-thought', { method: 'lightthinker', architecture: 'llama' }),
  model('e-gone', { method: 'memento' }),
];

function fleetOf(models: readonly ModelInfo[], served: readonly string[]): FleetView {
  const cards = served.map((name) => ({ model: name }) as FleetView['cards'][number]);
  return { cards, models: [...models], waiting: 0, running: 0, scheduler: { leader: 'x' } };
}
const fleet = fleetOf(MODELS, ['a-vanilla', 'b-token', 'c-thought', 'd-thought']);

describe('choosing a model', () => {
  it('tells thought level, token level and vanilla apart', () => {
    expect(MODELS.map(modeOf)).toEqual(['vanilla', 'token', 'lightthinker', 'lightthinker', 'memento']);
  });

  it.each([
    [{}, 'c-thought'],
    [{ mode: 'lightthinker' as const }, 'c-thought'],
    [{ mode: 'token' as const }, 'b-token'],
    [{ mode: 'vanilla' as const }, 'a-vanilla'],
    [{ name: 'd-thought' }, 'd-thought'],
    [{ name: 'b-token' }, 'b-token'],
  ])('for %j takes %s', (wish, name) => {
    expect(chooseModel(fleet, wish).name).toBe(name);
  });

  it('takes what there is when nothing compresses', () => {
    expect(chooseModel(fleetOf(MODELS, ['a-vanilla']), {}).name).toBe('a-vanilla');
  });

  it('says what was wanted and what there is', () => {
    expect(() => chooseModel(fleet, { name: 'e-gone' })).toThrow(
      'the pool serves no model named e-gone; it has a-vanilla (vanilla), b-token (token), c-thought (lightthinker), d-thought (lightthinker)',
    );
    expect(() => chooseModel(fleetOf(MODELS, ['a-vanilla']), { mode: 'token' })).toThrow(
      'no model that decodes as token; it has a-vanilla (vanilla)',
    );
  });

  it('takes all that have a card by architecture, vanilla first, or the named ones in their order', () => {
    expect(chooseModels(fleet, ['all']).map(({ name }) => name)).toEqual([
      'd-thought',
      'a-vanilla',
      'c-thought',
      'b-token',
    ]);
    expect(chooseModels(fleet, ['c-thought', 'a-vanilla']).map(({ name }) => name)).toEqual([
      'c-thought',
      'a-vanilla',
    ]);
  });
});
