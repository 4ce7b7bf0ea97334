import type { ModelInfo } from '@gistpool/contracts';
import { describe, expect, it } from 'vitest';
import type { Puzzle } from '../puzzles/puzzle';
import { planRun, temperatureOf, tracedItems } from './plan-run';
import { defaultPrompt, promptOf } from './prompt';

const puzzle = (id: string, family: string): Puzzle => ({
  id,
  family,
  dataSet: 'own',
  input: `What is ${id}?`,
  target: '7',
});
const PUZZLES = [puzzle('f-1', 'f'), puzzle('f-2', 'f'), puzzle('f-3', 'f'), puzzle('g-1', 'g')];
const MODEL: ModelInfo = {
  name: 'nano-token',
  method: 'lightthinker',
  architecture: 'llama',
  width: 192,
  gist_count: 2,
  policy: { every_tokens: 16 },
  kv_bytes_per_cell: 3072,
  largest_slot_cells: 512,
  default_limits: { max_tokens: 600, max_thoughts: 40, max_thought_tokens: 48 },
};

describe('the plan of a run', () => {
  it('names all that the answers depend on', () => {
    expect(planRun(MODEL, PUZZLES, 'few.jsonl', { samples: 3, seed: 5, maxTokens: 90 })).toMatchObject({
      model: { name: 'nano-token', mode: 'token', architecture: 'llama', gist_count: 2, every_tokens: 16 },
      prompt: 'bare',
      samples: 3,
      temperature: 0.6,
      seed: 5,
      max_tokens: 90,
      items: 4,
    });
  });

  it('knows the items by what they ask, not by their order', () => {
    const printOf = (puzzles: readonly Puzzle[]) =>
      planRun(MODEL, puzzles, 'x', { samples: 1, seed: 0 }).items_fingerprint;
    expect(printOf([...PUZZLES].reverse())).toBe(printOf(PUZZLES));
    expect(printOf(PUZZLES.slice(1))).not.toBe(printOf(PUZZLES));
    expect(printOf(PUZZLES.map((one) => ({ ...one, target: '8' })))).not.toBe(printOf(PUZZLES));
  });

  it.each([
    [{ samples: 1, seed: 0 }, 0],
    [{ samples: 1, seed: 0, temperature: 1 }, 1],
    [{ samples: 5, seed: 0 }, 0.6],
    [{ samples: 5, seed: 0, temperature: 0.9 }, 0.9],
  ])('for %j samples at %d', (options, temperature) => {
    expect(temperatureOf(options)).toBe(temperature);
  });

  it('refuses to vote over samples that are all alike', () => {
    expect(() => temperatureOf({ samples: 5, seed: 0, temperature: 0 })).toThrow(
      'would give the same answer 5 times',
    );
  });

  it('keeps the saw-tooth of the first items of each family and of those that are named', () => {
    expect([...tracedItems(PUZZLES, 2, ['f-3'])].sort()).toEqual(['f-1', 'f-2', 'f-3', 'g-1']);
    expect(tracedItems(PUZZLES, 0, []).size).toBe(0);
    expect(() => tracedItems(PUZZLES, 1, ['h-1'])).toThrow(
      '--trace-item h-1: there is no such item; ids are like f-1',
    );
  });
});

describe('the prompt', () => {
  it('is bare for small models and of unknown width, and the paper’s for others', () => {
    expect(defaultPrompt({ width: 192 })).toBe('bare');
    expect(defaultPrompt({})).toBe('bare');
    expect(defaultPrompt({ width: 3584 })).toBe('paper');
  });

  it('is the question alone, or the paper’s system message and its wish for a box before the question', () => {
    const [first] = PUZZLES;
    if (first === undefined) throw new Error('no puzzle');
    expect(promptOf(first, 'bare')).toEqual({ prompt: 'What is f-1?' });
    expect(promptOf(first, 'paper')).toEqual({
      messages: [
        { role: 'system', content: expect.stringMatching(/^Your role as an assistant/) as string },
        { role: 'user', content: 'Return your final response within \\boxed{}. What is f-1?' },
      ],
    });
  });
});
