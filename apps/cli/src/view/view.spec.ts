import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CardView, FleetView } from '@gistpool/contracts';
import { clip } from './clip';
import { fleetLines, fleetSummary } from './fleet-view';
import { progressLine } from './jobs-view';
import { JobStory } from './job-story';
import { LiveScreen } from './live-screen';
import { paint } from './paint';
import { sawTooth } from './saw-tooth';
import { table } from './table';

describe('the saw-tooth', () => {
  it('rises with the cells and falls with a compression', () => {
    expect(sawTooth([0, 64, 128, 192, 255, 64], 256, 6)).toBe('▁▃▅▇█▃');
  });

  it('stands at the right when there are fewer points than columns', () => {
    expect(sawTooth([255], 256, 4)).toBe('   █');
  });

  it('never hides a peak, however many points share a column', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(512), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 80 }),
        (cells, columns) => {
          const shown = sawTooth(cells, 512, columns);
          const peak = sawTooth([Math.max(...cells)], 512, 1);
          expect(shown).toContain(peak);
          expect([...shown]).toHaveLength(columns);
        },
      ),
    );
  });

  it('draws cells beyond the reservation as a full block', () => {
    expect(sawTooth([9999], 256, 1)).toBe('█');
  });
});

describe('a table', () => {
  it('keeps its columns apart and its numbers to the right', () => {
    expect(
      table(
        ['model', 'cells'],
        [
          ['a', '1'],
          ['longer name', '1,234'],
        ],
      ),
    ).toBe(
      ['model        cells', '-----------  -----', 'a                1', 'longer name  1,234', ''].join('\n'),
    );
  });
});

describe('clipping a line', () => {
  it('counts what is seen, and keeps every colour', () => {
    const ink = paint(true);
    expect(clip(`${ink.bold('abc')}def`, 4)).toBe(`${ink.bold('abc')}d`);
    expect(clip(ink.red('abcdef'), 2)).toBe(ink.red('ab'));
    expect(clip('short', 80)).toBe('short');
  });
});

const slot = (number: number, job: string | null): CardView['lanes'][number]['slots'][number] => ({
  slot: number,
  job,
  phase: job === null ? 'idle' : 'think',
  thought: 3,
  live_cells: 100,
  reserved_cells: 200,
  recent_cells: [50, 100],
});

const fleetOf = (slots: number, busy: number): FleetView => ({
  cards: [
    {
      card: 'cpu-0',
      incarnation: 'x',
      state: 'ready',
      model: 'nano',
      method: 'lightthinker',
      device: 'cpu',
      kv_budget_bytes: 1,
      kv_bytes: 1,
      lanes: [
        {
          lane: 0,
          cells_per_slot: 512,
          cells_per_slot_requested: 512,
          kv_bytes: 1,
          slots: Array.from({ length: slots }, (_, at) => slot(at, at < busy ? `job_${at}` : null)),
        },
      ],
      live_cells: 1234,
      sessions: busy,
      tokens_per_second: 812.4,
      generated_tokens_total: 1,
      compressions_total: 1,
      heartbeat_at_ms: 1,
    },
  ],
  models: [],
  waiting: 7,
  running: busy,
  scheduler: { leader: 's' },
});

describe('the fleet view', () => {
  it('shows busy slots only, each with its saw-tooth and its cells', () => {
    const lines = fleetLines(fleetOf(32, 2), { columns: 100, rows: 40 }, paint(false));
    expect(lines[2]).toBe('cpu-0  nano (lightthinker, cpu)  2/32 slots  812 tokens/s  1,234 cells');
    expect(lines.slice(3)).toHaveLength(2);
    expect(lines[3]).toContain('▄█');
    expect(lines[3]).toContain('100/200 cells');
  });

  it('fits a small terminal and says how many slots it left out', () => {
    const lines = fleetLines(fleetOf(32, 32), { columns: 80, rows: 12 }, paint(false));
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.at(-1)).toMatch(/and \d+ more/);
  });

  it('says what is missing', () => {
    expect(fleetSummary({ ...fleetOf(1, 0), cards: [], scheduler: { leader: null } })).toMatch(
      /no scheduler {2}no cards/,
    );
  });
});

describe('progress', () => {
  it('counts jobs that ended otherwise than completed', () => {
    expect(progressLine({ ended: 10, completed: 8, total: 20 })).toMatch(
      /^█{15}░{15} 10\/20 jobs, 2 not completed$/,
    );
  });

  it('off a terminal is one line every few seconds', () => {
    let nowMs = 0;
    const written: string[] = [];
    const output = {
      answer: () => undefined,
      progress: (text: string) => void written.push(text),
      isLive: false,
      hasColor: false,
      columns: 80,
      rows: 24,
    };
    const screen = new LiveScreen(output, 3000, () => nowMs);
    for (; nowMs < 9000; nowMs += 500) screen.show(['a', 'b'], `at ${nowMs}`);
    screen.clear();
    expect(written).toEqual(['at 0\n', 'at 3000\n', 'at 6000\n']);
  });
});

describe("a job's story", () => {
  it('puts a compression on a line of its own, after the text that is still open', () => {
    const story = new JobStory();
    const told = [
      story.tell({ type: 'text', thought: 0, text: 'so' }),
      story.tell({ type: 'text', thought: 0, text: ' far' }),
      story.tell({ type: 'compression', thought: 0, cells_before: 1200, cells_after: 90 }),
      story.tell({ type: 'answer', text: 'Yes' }),
    ].join('');
    expect(told).toBe('so far\n[thought 0: 1,200 -> 90 cells]\nanswer: Yes\n');
  });
});
