import { resolve } from 'node:path';
import { readGgufFileInfo } from 'node-llama-cpp';
import { expect } from 'vitest';
import type { LaneCard } from '../card';
import type { SessionReport, SessionRequest } from '../types';
import { type Outcome, outcomes, request, runAlone } from './card.fixture';

export const NANO = resolve(import.meta.dirname, '../../../../models/gistpool-nano-qwen2.gguf');

/** A job with what it says alone and the most cells it holds. */
export interface Known {
  readonly job: SessionRequest;
  readonly text: string;
  readonly peakCells: number;
}

/** For a card of four slots. */
export const JOBS = 12;

/** Prompts that fit the narrowest slot an engine makes, and thoughts with which they do not: no token ends one before its limit. */
async function questions(): Promise<SessionRequest[]> {
  const { metadata } = await readGgufFileInfo(NANO, { logWarnings: false });
  const { token_type: types = [] } = metadata.tokenizer.ggml;
  const control = [...types.keys()].filter((token) => types[token] === 3);
  const logit_bias = Object.fromEntries(control.map((token) => [String(token), -100]));
  return Array.from({ length: JOBS }, (_, index) =>
    request(`q${String(index)}`, {
      prompt: `Move ${String(index + 2)} places on a ring of 7 places, then back. `.repeat(6 + (index % 6)),
      limits: { max_tokens: 160, max_thoughts: 30, max_thought_tokens: 24 + 24 * (index % 7) },
      sampling: { logit_bias, ...(index % 3 === 0 && { temperature: 0.8, seed: index }) },
    }),
  );
}

/** The jobs, once each has run alone on a card with room for any of them. */
export async function knownOn(roomy: LaneCard): Promise<Known[]> {
  const known: Known[] = [];
  for (const job of await questions()) {
    const { finish } = await runAlone(roomy, job);
    if (finish === undefined) throw new Error('it did not end');
    known.push({ job, text: finish.text, peakCells: finish.accounting.peakCells });
  }
  return known;
}

export function expectAllAsAlone({ ends }: Crowded, known: readonly Known[]): void {
  const texts = known.map(({ job }) => [job.jobId, ends.get(job.jobId)?.finish?.text]);
  expect(texts).toEqual(known.map(({ job, text }) => [job.jobId, text]));
}

export interface Crowded {
  readonly ends: Map<string, Outcome>;
  readonly moved: number;
  readonly parked: number;
  readonly outgrown: number;
}

/** Places jobs by half of the cells they will hold; those that come back, by the cells they need. */
export async function runCrowded(
  card: LaneCard,
  known: readonly Known[],
  afterStep?: () => void,
  reports: SessionReport[] = [],
): Promise<Crowded> {
  const waiting = known.map(({ job, peakCells }) => ({ ...job, reservedCells: Math.ceil(peakCells / 2) }));
  const placed = new Map<string, SessionRequest>();
  while (waiting.length > 0 || card.sessions() > 0) {
    for (const job of waiting.splice(0)) {
      const lane = placeFor(card, job, placed);
      const refusal = lane === undefined ? undefined : card.admit({ ...job, lane });
      if (refusal?.code === 'does-not-fit') waiting.push({ ...job, reservedCells: refusal.needsCells });
      else if (lane === undefined || refusal !== undefined) waiting.push(job);
      else placed.set(job.jobId, { ...job, lane });
    }
    if (card.sessions() === 0) throw new Error('nothing that waits has a place');
    for (const report of await card.step()) {
      reports.push(report);
      const job = placed.get(report.jobId);
      if (job === undefined) throw new Error(`${report.jobId} is not here`);
      if (report.kind === 'moved') placed.set(report.jobId, { ...job, lane: report.lane });
      if (report.kind !== 'outgrown' && report.kind !== 'finish') continue;
      placed.delete(report.jobId);
      if (report.kind === 'outgrown')
        waiting.push({ ...job, reservedCells: report.peakCells, checkpoint: report.checkpoint });
    }
    expect(card.check()).toEqual([]);
    afterStep?.();
  }
  expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
  const kinds = (kind: SessionReport['kind']) => reports.filter((report) => report.kind === kind).length;
  return {
    ends: outcomes(reports),
    moved: kinds('moved'),
    parked: kinds('parked'),
    outgrown: kinds('outgrown'),
  };
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
