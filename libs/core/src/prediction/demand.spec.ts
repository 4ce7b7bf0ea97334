import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixOf, SESSIONS_TO_PLAN_BY } from './demand';
import { boundOf, type JobFeatures } from './features';
import { Predictor } from './predictor';

const usual: JobFeatures = {
  model: 'm',
  policy: { kind: 'lightthinker', splitter: 0, gists: [1, 2], continueToken: 3 },
  task: '',
  promptTokens: 320,
  limits: { maxTokens: 2000, maxThoughts: 64, maxThoughtTokens: 200 },
};

/** Sessions of equal thoughts. */
function run(
  predictor: Predictor,
  sessions: number,
  change: Partial<JobFeatures>,
  thoughts: number,
  length: number,
  epoch = 0,
): void {
  const job = { ...usual, promptTokens: 64, ...change };
  for (let session = 0; session < sessions; session += 1) {
    const progress = predictor.begin(job, 2000, epoch);
    let peak = job.promptTokens;
    for (let k = 0; k < thoughts; k += 1) {
      peak = Math.max(peak, job.promptTokens + 3 * k + length + 3);
      predictor.thought(progress, length, peak);
    }
    predictor.end(progress, 4, peak);
  }
}

describe('the mix of jobs that a card serves', () => {
  it('is all upper bounds until enough sessions have ended to plan by', () => {
    const predictor = new Predictor({ eps: 0.1 });
    run(predictor, SESSIONS_TO_PLAN_BY - 1, { task: 'a' }, 6, 20);
    const bound = boundOf(usual);
    const unknown = { meanCells: bound, deviationCells: 0, widestCells: bound, peaks: [] };
    expect(mixOf(predictor, usual)).toEqual({ demand: unknown, endedSessions: SESSIONS_TO_PLAN_BY - 1 });
    run(predictor, 1, { task: 'a' }, 6, 20);
    const { demand, endedSessions } = mixOf(predictor, usual);
    expect(endedSessions).toBe(SESSIONS_TO_PLAN_BY);
    expect(demand.widestCells).toBe(bound);
    expect(demand.meanCells).toBeLessThan(bound / 3);
  });

  it('holds on average what its sessions hold, and sets aside for them what a place does', () => {
    const predictor = new Predictor({ eps: 0.1 });
    run(predictor, 300, { task: 'a' }, 10, 30);
    const { demand } = mixOf(predictor, usual);
    // Prompt, half of the floor's rise, and a thought met somewhere in its middle.
    expect(demand.meanCells).toBeGreaterThan(64 + 14 + 10);
    expect(demand.meanCells).toBeLessThan(64 + 14 + 25);
    const peak = demand.peaks.at(-1);
    expect(peak?.share).toBe(1);
    // Up to the longest prompt of the band.
    expect(peak?.cells).toBeGreaterThanOrEqual(64 + 27 + 33);
    expect(peak?.cells).toBeLessThan(90 + 1.1 * 65);
  });

  it('counts each kind of job as often as it came lately, and by how long its sessions stay', () => {
    const predictor = new Predictor({ eps: 0.1 });
    run(predictor, 200, { task: 'short' }, 4, 20);
    run(predictor, 200, { task: 'long' }, 16, 60);
    const [short, long] = mixOf(predictor, usual).demand.peaks;
    expect(long?.cells).toBeGreaterThan((short?.cells ?? 0) + 40);
    // 16 thoughts of 63 steps to 4 of 23.
    expect(short?.share).toBeGreaterThan(0.05);
    expect(short?.share).toBeLessThan(0.2);
    run(predictor, 400, { task: 'short' }, 4, 20, 8);
    expect(mixOf(predictor, usual).demand.peaks[0]?.share).toBeGreaterThan(0.6);
  });

  it('leaves out other models', () => {
    const predictor = new Predictor({ eps: 0.1 });
    run(predictor, 300, { task: 'a', model: 'other' }, 6, 20);
    expect(mixOf(predictor, usual)).toMatchObject({ endedSessions: 0, demand: { peaks: [] } });
  });

  it('of sessions that compress nothing holds their prompt and half of what they sample', () => {
    const vanilla = { ...usual, policy: { kind: 'vanilla' } as const };
    const predictor = new Predictor({ eps: 0.1 });
    const job = { ...vanilla, promptTokens: 64 };
    for (let session = 0; session < 300; session += 1) predictor.end(predictor.begin(job, 2000, 0), 400, 464);
    const { meanCells } = mixOf(predictor, vanilla).demand;
    expect(meanCells).toBeGreaterThan(64 + 190);
    expect(meanCells).toBeLessThan(64 + 260);
  });

  it('lies between nothing and the bound, whatever was seen', () => {
    const kinds = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('a', 'b', 'c'),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(64),
        fc.integer({ min: 1, max: 200 }),
        fc.nat(5),
      ),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(kinds, (all) => {
        const predictor = new Predictor({ eps: 0.05 });
        for (const [sessions, task, promptTokens, thoughts, length, epoch] of all)
          run(predictor, sessions, { task, promptTokens }, thoughts, length, epoch);
        const { meanCells, deviationCells, widestCells, peaks } = mixOf(predictor, usual).demand;
        expect(meanCells).toBeGreaterThan(0);
        expect(meanCells).toBeLessThanOrEqual(widestCells + 1e-6);
        expect(deviationCells).toBeGreaterThanOrEqual(0);
        expect(peaks.map(({ share }) => share)).toEqual(
          peaks.map(({ share }) => share).sort((a, b) => a - b),
        );
        for (const { cells } of peaks) expect(cells).toBeLessThanOrEqual(widestCells);
        if (peaks.length > 0) expect(peaks.at(-1)?.share).toBeCloseTo(1, 9);
      }),
      { numRuns: 40 },
    );
  });
});
