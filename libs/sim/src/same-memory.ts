import type { PolicyFigures } from './figures';
import { madeHistory, simulateTrace, type SimOptions } from './run-sim';
import { asVanilla, type Trace } from './sim-job';

/** One way to serve a trace's jobs under the budget. */
export interface Side {
  readonly trace: string;
  readonly decoding: 'LightThinker' | 'vanilla';
  readonly figures: PolicyFigures;
  /** Over the best of the vanilla sides: sessions at once, and how often the batch is done in the time that side takes. */
  readonly sessions_over_vanilla: number;
  readonly times_as_fast: number;
}

const COMPRESSING = ['gistpool', 'known-peak', 'promotion'] as const;
/** `gistpool`: our own rules on trajectories that only grow; slots told every length; vLLM's and LightLLM's paged memory. */
const PLAIN = ['gistpool', 'known-peak', 'aggressive-paged', 'past-future'] as const;

/** The same jobs under one KV budget, compressed and with every token kept: the same texts, token for token. */
export function sameMemory(
  name: string,
  make: (jobs: number, seed: number) => Trace,
  options: SimOptions,
  say: (text: string) => void,
): Side[] {
  const run = (decoding: Side['decoding'], policies: readonly string[]) => {
    const made = (jobs: number, seed: number) =>
      decoding === 'vanilla' ? asVanilla(make(jobs, seed)) : make(jobs, seed);
    const history = options.isCold ? undefined : madeHistory(made, options.seed);
    const { outcomes } = simulateTrace(made(options.jobs, options.seed), history, policies, options, say);
    return outcomes.map(({ figures }) => ({ decoding, figures }));
  };
  const plain = run('vanilla', PLAIN);
  const sides = [...run('LightThinker', COMPRESSING), ...plain];
  const fastest = Math.min(...plain.map(({ figures }) => figures.makespan_s));
  const most = Math.max(...plain.map(({ figures }) => figures.sessions_per_card));
  return sides.map(({ decoding, figures }) => ({
    trace: name,
    decoding,
    figures,
    sessions_over_vanilla: figures.sessions_per_card / most,
    times_as_fast: fastest / figures.makespan_s,
  }));
}
