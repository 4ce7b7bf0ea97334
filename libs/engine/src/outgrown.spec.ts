import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, request, runAlone } from './testing/card.fixture';
import { whyNoPools } from './testing/pooled.fixture';
import type { SessionReport, SessionRequest } from './types';

const nano = resolve(import.meta.dirname, '../../../models/gistpool-nano-qwen2.gguf');
const missing = whyNoPools();

/** A job with what it says alone and the most cells it holds. */
interface Known {
  readonly job: SessionRequest;
  readonly text: string;
  readonly peakCells: number;
}

interface Run {
  readonly texts: Map<string, string>;
  readonly kinds: Map<SessionReport['kind'], number>;
}

/** Long prompts, so that sessions are wider than the narrowest slot an engine makes. */
function questions(count: number): SessionRequest[] {
  return Array.from({ length: count }, (_, index) =>
    request(`q${String(index)}`, {
      prompt:
        'Start at place 0 on a ring of 7 places numbered 0 to 6. In every round move forward ' +
        `${String(index + 2)} places, then back ${String(1 + (index % 3))}. `.repeat(22 + 3 * (index % 5)),
      limits: { max_tokens: 180, max_thoughts: 30, max_thought_tokens: 24 + 8 * (index % 8) },
      sampling: index % 3 === 0 ? { logit_bias: {}, temperature: 0.8, seed: index } : { logit_bias: {} },
    }),
  );
}

/** Places jobs by half of the cells they will hold; what comes back, by the cells it says it needs. */
async function runCrowded(card: LaneCard, known: readonly Known[]): Promise<Run> {
  const waiting = known.map(({ job, peakCells }) => ({ ...job, reservedCells: Math.ceil(peakCells / 2) }));
  const placed = new Map<string, SessionRequest>();
  const run: Run = { texts: new Map(), kinds: new Map() };
  while (waiting.length > 0 || card.sessions() > 0) {
    for (const job of waiting.splice(0)) {
      const lane = placeFor(card, job, placed);
      if (lane !== undefined && card.admit({ ...job, lane }) === undefined)
        placed.set(job.jobId, { ...job, lane });
      else waiting.push(job);
    }
    for (const report of await card.step()) {
      run.kinds.set(report.kind, (run.kinds.get(report.kind) ?? 0) + 1);
      const job = placed.get(report.jobId);
      if (job === undefined) throw new Error(`${report.jobId} is not here`);
      if (report.kind === 'finish') run.texts.set(report.jobId, report.text);
      if (report.kind === 'moved') placed.set(report.jobId, { ...job, lane: report.lane });
      if (report.kind !== 'outgrown' && report.kind !== 'finish') continue;
      placed.delete(report.jobId);
      if (report.kind === 'outgrown') {
        const reservedCells = Math.max(job.reservedCells, report.peakCells);
        waiting.push({ ...job, reservedCells, checkpoint: report.checkpoint });
      }
    }
    expect(card.check()).toEqual([]);
  }
  return run;
}

function placeFor(
  card: LaneCard,
  { reservedCells }: SessionRequest,
  placed: ReadonlyMap<string, SessionRequest>,
): number | undefined {
  for (const { lane, slots, cells_per_slot, shared_cells } of card.lanes()) {
    if (slots.every(({ job }) => job !== null)) continue;
    let cells = reservedCells;
    if (shared_cells !== undefined)
      for (const other of placed.values()) if (other.lane === lane) cells += other.reservedCells;
    if (cells <= cells_per_slot) return lane;
  }
  return undefined;
}

describe.runIf(existsSync(nano))('three jobs per slot, placed by half of what they hold', () => {
  const bench = new Bench();
  const known: Known[] = [];
  beforeAll(async () => {
    const roomy = await bench.card(nano, { lanes: [{ slots: 1, cells: 1024 }] });
    for (const job of questions(36)) {
      const { finish } = await runAlone(roomy, job);
      if (finish === undefined) throw new Error('it did not end');
      known.push({ job, text: finish.text, peakCells: finish.accounting.peakCells });
    }
  }, 300_000);
  afterAll(() => bench.close());

  function expectAllAsAlone({ texts }: Run, jobs: readonly Known[]): void {
    expect(texts.size).toBe(jobs.length);
    for (const { job, text } of jobs) expect([job.jobId, texts.get(job.jobId)]).toEqual([job.jobId, text]);
  }

  it.each([true, false])(
    'in slots of their own all complete, and each says what it says alone (looks ahead: %s)',
    async (looksAhead) => {
      const lanes = [
        { slots: 4, cells: 256 },
        { slots: 2, cells: 768 },
      ];
      const card = await bench.card(nano, { lanes, looksAhead });
      const jobs = known.slice(0, 18);
      expect(jobs.filter(({ peakCells }) => peakCells > 256).length).toBeGreaterThan(6);
      const run = await runCrowded(card, jobs);
      expectAllAsAlone(run, jobs);
      expect((run.kinds.get('moved') ?? 0) + (run.kinds.get('outgrown') ?? 0)).toBeGreaterThan(0);
      expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
    },
    300_000,
  );

  it('without room to park they are handed back, and all complete', async () => {
    const lanes = [
      { slots: 4, cells: 256 },
      { slots: 2, cells: 768 },
    ];
    const park = { folder: `${bench.folder}/none`, quotaBytes: 0 };
    const card = await bench.card(nano, { lanes, park });
    const jobs = known.slice(18);
    const run = await runCrowded(card, jobs);
    expectAllAsAlone(run, jobs);
    expect(run.kinds.get('parked')).toBeUndefined();
    expect(run.kinds.get('outgrown')).toBeGreaterThan(0);
  }, 300_000);

  it.skipIf(missing !== undefined).each([true, false])(
    `in pools all complete, and each says what it says alone (looks ahead: %s)${missing === undefined ? '' : ` (${missing})`}`,
    async (looksAhead) => {
      const card = await bench.card(nano, { lanes: [{ slots: 2, cells: 768 }], poolSessions: 6, looksAhead });
      const run = await runCrowded(card, known);
      expectAllAsAlone(run, known);
      expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
    },
    300_000,
  );
});
