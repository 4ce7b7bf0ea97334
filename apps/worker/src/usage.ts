import type { Usage } from '@gistpool/contracts';
import type { Accounting } from '@gistpool/core';
import type { SessionUse } from '@gistpool/engine';
import type { Lease } from '@gistpool/queue';

const NO_TOKENS: Accounting = {
  promptTokens: 0,
  generatedTokens: 0,
  reasoningTokens: 0,
  answerTokens: 0,
  thoughts: 0,
  compressions: 0,
  liveCells: 0,
  peakCells: 0,
  peakTokens: 0,
  dep: 0,
  vanillaPeakCells: 0,
  vanillaDep: 0,
  replayedTokens: 0,
};

/** By a job that was not in a slot here. */
export const NOTHING_USED: SessionUse = { accounting: NO_TOKENS, kvBytesAtPeak: 0, kvByteSeconds: 0 };

/** Milliseconds between submit and this placement in which nobody decoded the job. */
export function queueMs({ job, placement, checkpoint }: Lease): number {
  const placedAtMs = job.placedAtMs ?? placement.placedAtMs;
  return Math.max(0, Math.round(placedAtMs - job.createdAtMs - (checkpoint?.runMs ?? 0)));
}

/** What a job consumed, over all workers that had it: `runMs` and `use` of this one include what its checkpoint brought along. */
export function usageOf(
  lease: Lease,
  runMs: number,
  { accounting, kvBytesAtPeak, kvByteSeconds }: SessionUse,
  parks = lease.checkpoint?.parks ?? 0,
): Usage {
  return {
    prompt_tokens: accounting.promptTokens || lease.job.promptTokens,
    reasoning_tokens: accounting.reasoningTokens,
    answer_tokens: accounting.answerTokens,
    generated_tokens: accounting.generatedTokens,
    thoughts: accounting.thoughts,
    compressions: accounting.compressions,
    peak_cells: accounting.peakCells,
    peak_tokens: accounting.peakTokens,
    predicted_peak_cells: lease.job.promisedPeakCells ?? lease.placement.reservedCells,
    dep: accounting.dep,
    kv_bytes_at_peak: kvBytesAtPeak,
    kv_byte_seconds: kvByteSeconds,
    vanilla_peak_cells: accounting.vanillaPeakCells,
    vanilla_dep: accounting.vanillaDep,
    queue_ms: queueMs(lease),
    run_ms: Math.round(runMs),
    resumes: lease.job.resumes,
    replayed_tokens: accounting.replayedTokens,
    overflows: lease.job.outgrown + parks,
  };
}
