import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { Gistpool, gistpool, MODEL } from './support/gistpool';
import { RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const VANILLA = MODEL.replace('.gguf', '-vanilla.gguf');

const ring = (start: number, rounds: number) => ({
  input:
    `Start at place ${start} on a ring of 10 places numbered 0 to 9. In every round move forward 3 places, ` +
    `then back 1 place. Where are you after ${rounds} rounds?`,
  target: String((start + 2 * rounds) % 10),
});
const lines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');

interface Line {
  readonly items: number;
  readonly accuracy: number;
  readonly families: Record<string, { items: number; data_set: string; peak_cells_mean: number }>;
}

describe('gistpool eval on a pool with a LightThinker model and its vanilla twin', () => {
  let pool: RunningPool;
  let folder: string;
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const evaluate = (...args: readonly string[]) => gistpool(['eval', ...args, '--url', pool.url]);
  const recordsIn = (run: string) =>
    readFileSync(join(run, 'results.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { id: string; job: string; right: boolean; saw_tooth?: unknown });

  beforeAll(async () => {
    pool = await RunningPool.start({ args: ['--model', MODEL, '--model', VANILLA] });
    folder = join(pool.dataDir, 'questions');
    await mkdir(folder);
  }, 3 * MINUTE_MS);

  afterAll(() => pool.remove());

  it(
    'answers every data file of a folder, whatever its format, and tells the figures of each family',
    async () => {
      const data = join(folder, 'mixed');
      await mkdir(data);
      const into = (name: string, content: string) => file(join('mixed', name), content);
      await into('README.md', 'not data');
      await into('rings.json', JSON.stringify({ examples: [ring(2, 5), ring(3, 6)] }));
      await into('sums.jsonl', lines([{ question: 'Two pens and three pens?', answer: 'Add.\n#### 5' }]));
      await into('birds_test.csv', 'Which bird swims?,wren,penguin,lark,swift,B\n');
      const run = join(folder, 'mixed-run');

      const ended = await evaluate(data, '--json', '--out', run, '--max-tokens', '120');
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout.trim().split('\n')).toHaveLength(1);
      const line = JSON.parse(ended.stdout) as Line;
      expect(line).toMatchObject({ items: 4, failed: 0, mode: 'lightthinker', prompt: 'bare', samples: 1 });
      expect(Object.entries(line.families).map(([name, of]) => [name, of.data_set, of.items])).toEqual([
        ['birds', 'mmlu', 1],
        ['rings', 'bbh', 2],
        ['sums', 'gsm8k', 1],
      ]);
      expect(line.families['rings']?.peak_cells_mean).toBeGreaterThan(0);

      expect(
        recordsIn(run)
          .map(({ id }) => id)
          .sort(),
      ).toEqual(['birds_test-1', 'rings-1', 'rings-2', 'sums-1']);
      expect(recordsIn(run).every((record) => record.saw_tooth !== undefined)).toBe(true);
      expect(JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'))).toMatchObject({ items: 4 });
      expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('Accuracy against peak');

      await into('torn.jsonl', '{"input": "q", "target": "a"}\n{"input":');
      const refused = await evaluate(data, '--json');
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain('torn.jsonl, line 2 is not JSON');
    },
    3 * MINUTE_MS,
  );

  it(
    'goes on where it was killed: no answer is lost, and none is asked for twice',
    async () => {
      const items = Array.from({ length: 44 }, (_, at) => ring(at % 10, 3 + (at % 9)));
      const path = await file('many.jsonl', lines(items));
      const run = join(folder, 'killed');
      const args = [path, '--json', '--out', run];
      const first = new Gistpool(['eval', ...args, '--url', pool.url]);
      await eventually('some answers are there', () => {
        try {
          return recordsIn(run).length > 0;
        } catch {
          return false;
        }
      });
      first.signal('SIGKILL');
      await first.ended;
      const before = recordsIn(run);
      expect(before.length).toBeLessThan(44);

      const second = await evaluate(...args);
      expect(second.code, second.stderr).toBe(0);
      expect(second.stderr).toMatch(/\d+ answers are in .*killed already; asking the \d+ that are missing/);
      expect(second.stderr).toMatch(/\d+ of them are with the pool from before and are not sent again/);
      expect(JSON.parse(second.stdout)).toMatchObject({ items: 44, failed: 0 });
      const after = recordsIn(run);
      expect(after.slice(0, before.length)).toEqual(before);
      expect(new Set(after.map(({ id }) => id)).size).toBe(44);
      expect(new Set(after.map(({ job }) => job)).size).toBe(44);
      const batches = readFileSync(join(run, 'batches.jsonl'), 'utf8').trim().split('\n');
      expect(batches).toHaveLength(1);

      const third = await evaluate(...args);
      expect(third.stderr).toContain('all 44 answers are in');
      expect(third.stdout).toBe(second.stdout);
      const other = await evaluate(...args, '--samples', '3');
      expect(other).toMatchObject({ code: 2, stdout: '' });
      expect(other.stderr).toContain('samples was 1 and is now 3');
    },
    5 * MINUTE_MS,
  );

  it(
    "asks all models the same items and ends with the paper's table, which compare prints again",
    async () => {
      const path = await file('few.jsonl', lines([ring(1, 12), ring(4, 15), ring(7, 18)]));
      const runs = join(folder, 'both');
      const ended = await evaluate(path, '--models', 'all', '--out', runs, '--json');
      expect(ended.code, ended.stderr).toBe(0);
      const { comparison } = JSON.parse(ended.stdout) as { comparison: { runs: { label: string }[] } };
      expect(comparison.runs).toMatchObject([
        { label: 'gistpool-nano-qwen2-vanilla', mode: 'vanilla' },
        {
          label: 'gistpool-nano-qwen2',
          mode: 'lightthinker',
          against: { baseline: 'gistpool-nano-qwen2-vanilla', items: 3 },
        },
      ]);
      const html = join(folder, 'both.html');
      const again = await gistpool(['eval', 'compare', runs, '--json', '--html', html]);
      expect(again.code, again.stderr).toBe(0);
      const printed = JSON.parse(again.stdout) as { runs: { label: string }[] };
      expect(new Set(printed.runs.map(({ label }) => label))).toEqual(
        new Set(comparison.runs.map(({ label }) => label)),
      );
      expect(again.stderr).toMatch(/^model +mode +accuracy %/m);
      expect(readFileSync(html, 'utf8')).toContain('2 runs over the same 3 items');

      const different = await gistpool([
        'eval',
        'compare',
        join(runs, 'gistpool-nano-qwen2'),
        join(folder, 'mixed-run'),
      ]);
      expect(different).toMatchObject({ code: 2, stdout: '' });
      expect(different.stderr).toContain('are not about the same items');
      await rm(html);
    },
    3 * MINUTE_MS,
  );

  it(
    'asks a question several times and lets the majority decide',
    async () => {
      const path = await file('vote.jsonl', lines([ring(5, 4)]));
      const run = join(folder, 'vote');
      const ended = await evaluate(path, '--samples', '5', '--seed', '7', '--json', '--out', run);
      expect(ended.code, ended.stderr).toBe(0);
      expect(JSON.parse(ended.stdout)).toMatchObject({ items: 1, samples: 5, temperature: 0.6, seed: 7 });
      const samples = recordsIn(run);
      expect(samples).toHaveLength(5);
      const { accuracy } = JSON.parse(ended.stdout) as Line;
      const right = samples.filter((sample) => sample.right).length;
      if (right >= 3) expect(accuracy).toBe(1);
      if (right === 0) expect(accuracy).toBe(0);
    },
    2 * MINUTE_MS,
  );

  it('leaves a pool nothing to do when it is interrupted and keeps nothing', async () => {
    const path = await file('left.jsonl', lines(Array.from({ length: 40 }, (_, at) => ring(at % 10, 50))));
    const evaluation = new Gistpool(['eval', path, '--url', pool.url]);
    await eventually('its jobs run', async () => (await pool.fleet()).running > 0);
    evaluation.signal('SIGINT');
    const ended = await evaluation.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toMatch(/\d+ jobs that were not done are cancelled/);
    await eventually('the pool is idle', async () => {
      const { waiting, running } = await pool.fleet();
      return waiting + running === 0;
    });
  });

  it(
    'bears with a worker that is kept from answering, says so, and goes on when it answers',
    async () => {
      const path = await file('late.jsonl', lines([ring(2, 40), ring(3, 40)]));
      const worker = pool.pidOf('worker-0');
      const both = 'gistpool-nano-qwen2-vanilla,gistpool-nano-qwen2';
      const evaluation = new Gistpool(['eval', path, '--url', pool.url, '--models', both, '--json']);
      const says = (text: string) => eventually(`it says "${text}"`, () => evaluation.stderr.includes(text));
      try {
        // Models are chosen; the one of the stopped worker comes second.
        await says('gistpool-nano-qwen2-vanilla: asking');
        process.kill(worker, 'SIGSTOP');
        await says('trying again for up to 120 s');
      } finally {
        process.kill(worker, 'SIGCONT');
      }
      const ended = await evaluation.ended;
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stderr).toMatch(
        /the pool took 0 of 2 questions; .*no worker of gistpool-nano-qwen2 answered/,
      );
      expect(ended.stderr).toContain('it goes on after');
      expect(JSON.parse(ended.stdout)).toMatchObject({ models: [{ failed: 0 }, { failed: 0 }] });
    },
    3 * MINUTE_MS,
  );

  it('counts what fits no slot as failed and says why', async () => {
    const path = await file(
      'wide.jsonl',
      lines([{ input: 'Yes No '.repeat(5000), target: 'Yes' }, ring(1, 3)]),
    );
    const ended = await evaluate(path, '--json');
    expect(ended.code).toBe(5);
    expect(JSON.parse(ended.stdout)).toMatchObject({ items: 2, failed: 1 });
    expect(ended.stderr).toMatch(/wide-1 refused: this job needs [\d,]+ cells/);
  });
});
