import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handOverMs, traceOf as tryTraceOf } from '@gistpool/sim';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTrace } from '../sim/recorded-trace';
import { endedJob, fleetWith, laneOf, MODEL } from './trace.fixture';
import { refuseToOverwrite, writeTrace } from './write-trace';

const fleet = fleetWith([laneOf(0, 4, 256), laneOf(1, 4, 256), laneOf(2, 8, 512, true)]);
/** The trace, or its problem thrown. */
function traceOf(...asked: Parameters<typeof tryTraceOf>) {
  const told = tryTraceOf(...asked);
  if (!told.ok) throw new Error(told.problem);
  return told.trace;
}
const folder = () => mkdtempSync(join(tmpdir(), 'gistpool-record-'));

describe('a trace of a pool', () => {
  it('tells of each job when it came, how it ran and what was measured; times count from the first arrival', () => {
    const { header, jobs } = traceOf('mine', MODEL, fleet, [
      endedJob('job_b', { created_at_ms: 1_000_500, tenant: 't', priority: 3, task: 'ring' }),
      endedJob('job_a'),
    ]);
    expect(header).toMatchObject({
      name: 'mine',
      model: 'nano',
      policy: 'lightthinker',
      gist_count: 2,
      limits: MODEL.default_limits,
      pool: {
        cards: [
          {
            card: 'cpu-0',
            lanes: [
              { lanes: 2, slots: 4, cells: 256, shared: false },
              { lanes: 1, slots: 8, cells: 512, shared: true },
            ],
          },
        ],
        kv_budget_bytes: 1_000_000,
        admission: 'bound',
        eps: 0.01,
      },
    });
    expect(jobs).toEqual([
      {
        arrival_ms: 0,
        prompt_tokens: 40,
        thought_tokens: [10, 16],
        answer_tokens: 6,
        tenant: 'default',
        priority: 0,
        task: '',
        measured: {
          started_ms: 2000,
          ended_ms: 3000,
          peak_cells: 61,
          card: 'cpu-0',
          resumes: 0,
          overflows: 0,
        },
      },
      expect.objectContaining({ arrival_ms: 500, tenant: 't', priority: 3, task: 'ring' }),
    ]);
  });

  it('leaves out what has not ended or left no course, and says how many of each', () => {
    const { course: _, ...old } = endedJob('job_b');
    const { jobs, leftOut } = traceOf('mine', MODEL, fleet, [
      endedJob('job_a'),
      old,
      { ...old, id: 'job_c', state: 'failed' },
      { ...old, id: 'job_d', state: 'thinking' },
      { ...old, id: 'job_e', state: 'cancelled' },
      endedJob('job_f', { state: 'cancelled' }),
    ]);
    expect(jobs.map(({ cancelled }) => cancelled)).toEqual([undefined, true]);
    expect([...leftOut.values()]).toEqual([1, 1, 1, 1]);
  });

  it('names limits once, and where a job has others', () => {
    const other = { max_tokens: 99, max_thoughts: 10, max_thought_tokens: 40 };
    const { header, jobs } = traceOf('mine', MODEL, fleet, [
      endedJob('job_a', { limits: other }),
      endedJob('job_b'),
      endedJob('job_c'),
    ]);
    expect(header.limits).toEqual(MODEL.default_limits);
    expect(jobs.map(({ limits }) => limits)).toEqual([other, undefined, undefined]);
  });

  it('says that a model is vanilla, or how long its token-level thoughts are', () => {
    const jobs = [endedJob('job_a')];
    const policyOf = (model: typeof MODEL) => {
      const { policy, every_tokens: every } = traceOf('x', model, fleet, jobs).header;
      return [policy, every];
    };
    expect(policyOf({ ...MODEL, method: 'vanilla' })).toEqual(['vanilla', undefined]);
    expect(policyOf({ ...MODEL, policy: { every_tokens: 16 } })).toEqual(['lightthinker', 16]);
  });

  it('is refused for models that it cannot tell of, and where nothing has ended', () => {
    const jobs = [endedJob('job_a')];
    expect(() => traceOf('x', { ...MODEL, method: 'memento' }, fleet, jobs)).toThrow(/runs as memento/);
    expect(() => traceOf('x', { ...MODEL, policy: { lag_thoughts: 2 } }, fleet, jobs)).toThrow(/lag/);
    expect(() => traceOf('x', MODEL, fleet, [endedJob('job_a', { state: 'thinking' })])).toThrow(
      /nothing to record.*1 not ended/,
    );
  });

  it('has no pool when no card serves the model any more', () => {
    const gone = fleetWith([laneOf(0, 4, 256)], []);
    expect(traceOf('x', MODEL, gone, [endedJob('job_a')]).header.pool).toBeUndefined();
  });

  it('is read back by the simulator as it was written', async () => {
    const dir = folder();
    const lengths = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            course: fc.record({ thought_tokens: fc.array(lengths), tail_tokens: lengths }),
            priority: fc.nat(9),
            created_at_ms: fc.integer({ min: 0, max: 1_000_000 }),
          }),
          { minLength: 1, maxLength: 20 },
        ),
        fc.constantFrom('lightthinker' as const, 'vanilla' as const),
        async (changes, method) => {
          const views = changes.map((change, at) => endedJob(`job_${String(at).padStart(3, '0')}`, change));
          const made = traceOf('mine', { ...MODEL, method }, fleet, views);
          const path = join(dir, 'trace.jsonl');
          await writeTrace(path, made);
          const trace = readTrace(path);
          expect(trace.method).toEqual({ kind: method });
          expect(trace.pool).toEqual(made.header.pool);
          expect(
            trace.jobs.map((job) => [job.createdAtMs, job.priority, job.course(), job.measured]),
          ).toEqual(
            made.jobs.map((job) => [
              job.arrival_ms,
              job.priority,
              { thoughtTokens: job.thought_tokens, tailTokens: job.answer_tokens },
              job.measured,
            ]),
          );
        },
      ),
      { numRuns: 25 },
    );
    expect(readdirSync(dir)).toEqual(['trace.jsonl']);
  });
});

describe('the file of a trace', () => {
  it('is not written over, unless by force, nor into a folder that is not there', async () => {
    const path = join(folder(), 'trace.jsonl');
    expect(() => refuseToOverwrite(path, false)).not.toThrow();
    await writeTrace(path, traceOf('one', MODEL, fleet, [endedJob('job_a')]));
    expect(() => refuseToOverwrite(path, false)).toThrow(/exists; --force/);
    expect(() => refuseToOverwrite(path, true)).not.toThrow();
    expect(() => refuseToOverwrite('/nowhere/trace.jsonl', false)).toThrow(/is no folder/);
  });

  it('stays as it was when the new one cannot be written whole', async () => {
    const path = join(folder(), 'trace.jsonl');
    const made = traceOf('one', MODEL, fleet, [endedJob('job_a')]);
    await writeTrace(path, made);
    const before = readFileSync(path, 'utf8');
    const broken = {
      ...made,
      jobs: [
        ...made.jobs,
        {
          toJSON: () => {
            throw new Error('broken');
          },
        } as never,
      ],
    };
    await expect(writeTrace(path, broken)).rejects.toThrow(/cannot write .*broken/);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('the hand-over', () => {
  const span = (arrivedMs: number, startedMs: number, endedMs: number) => ({
    card: 'cpu-0',
    arrivedMs,
    startedMs,
    endedMs,
  });

  it('is the usual time from an end to the begin of a job that waited for it', () => {
    expect(handOverMs([span(0, 5, 100), span(0, 130, 200), span(0, 230, 300), span(0, 360, 400)])).toBe(30);
  });

  it('is not told by jobs that came later, nor by other cards, and is 0 where none waited', () => {
    expect(handOverMs([span(0, 5, 100), span(150, 160, 200)])).toBe(0);
    expect(handOverMs([span(0, 5, 100), { ...span(0, 130, 200), card: 'cpu-1' }])).toBe(0);
  });
});
