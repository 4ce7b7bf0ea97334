import type { OwnJobs, Told, WayOutcome } from './what-if';
import { whatIf } from './what-if';
import type { Question } from './question';

export interface Asked {
  readonly question: Question;
  readonly own?: OwnJobs;
}

export type Said =
  | { readonly kind: 'progress'; readonly told: Told }
  | { readonly kind: 'outcome'; readonly outcome: WayOutcome }
  | { readonly kind: 'done' }
  | { readonly kind: 'problem'; readonly problem: string };

const TOLD_EVERY_MS = 100;

const say = (said: Said): void => postMessage(said);

/** One question, one worker: whoever wants no answer any more ends it. */
addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  const tell = (told: Told): void => {
    const nowMs = performance.now();
    if (nowMs - toldAtMs < TOLD_EVERY_MS) return;
    toldAtMs = nowMs;
    say({ kind: 'progress', told });
  };
  try {
    for (const outcome of whatIf(data.question, data.own, tell)) say({ kind: 'outcome', outcome });
    say({ kind: 'done' });
  } catch (error) {
    say({ kind: 'problem', problem: error instanceof Error ? error.message : String(error) });
  }
});
