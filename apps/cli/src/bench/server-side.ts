import { isRight } from '../puzzles/grade';
import type { GistpoolRun } from './gistpool-side';
import { occupancyOf } from './occupancy';
import { PeerServer, type ServerAnswer } from './peer-server';
import type { KvType, SideRun } from './side';
import type { Work } from './work';

export interface ServerSettings {
  readonly binary: string;
  readonly threads: number;
  readonly kvType: KvType;
  readonly kvBudgetMib: number;
}

/** Cells come in such portions. */
const PORTION_CELLS = 256;

/**
 * The same prompts and limits, all sent at once; graded as the others. Its slots are as wide as the longest of the very
 * texts to come, which it could not know, and as many as the budget holds.
 */
export async function runServer(
  { binary, threads, kvType, kvBudgetMib }: ServerSettings,
  { puzzles, isGraded, modelOf }: Work,
  vanilla: GistpoolRun,
): Promise<GistpoolRun> {
  const { maxTokens, kvBytesPerCell } = vanilla;
  const cellsPerSlot = PORTION_CELLS * Math.ceil((vanilla.run.peak_cells_most + 1) / PORTION_CELLS);
  const slots = Math.max(1, Math.floor((kvBudgetMib * 2 ** 20) / (kvBytesPerCell * cellsPerSlot)));
  const modelPath = await modelOf('vanilla');
  const server = await PeerServer.start({ binary, modelPath, slots, cellsPerSlot, kvType, threads });
  try {
    const startMs = performance.now();
    const before = server.cpuSeconds();
    const answers = await Promise.all(
      puzzles.map(({ input }) => server.answer(input, { maxTokens, endsByItself: isGraded })),
    );
    const seconds = (Math.max(...answers.map(({ toMs }) => toMs)) - startMs) / 1000;
    const completed = answers.filter(({ isComplete }) => isComplete).length;
    const right = puzzles.filter(({ target, choices }, at) => {
      const answer = answers[at];
      return answer?.isComplete === true && isRight(answer.text, target, choices);
    }).length;
    const { mean, whileWaiting, peak } = occupancyOf(answers, startMs);
    const total = (of: (answer: ServerAnswer) => number) => answers.reduce((sum, one) => sum + of(one), 0);
    const run: SideRun = {
      makespan_s: seconds,
      jobs_per_hour: (completed * 3600) / seconds,
      // An answer is read a moment after its slot went to the next one.
      sessions_at_once: Math.min(whileWaiting, slots),
      sessions_mean: mean,
      sessions_peak: Math.min(peak, slots),
      ...(isGraded && { accuracy: right / puzzles.length }),
      completed,
      tokens_per_second: total(({ tokens }) => tokens) / seconds,
      peak_cells_mean: total(({ cells }) => cells) / puzzles.length,
      peak_cells_most: Math.max(...answers.map(({ cells }) => cells)),
      cpu_s: server.cpuSeconds() - before,
      kv_bytes: slots * cellsPerSlot * kvBytesPerCell,
      lanes: `${slots} x ${cellsPerSlot}`,
    };
    return { ...vanilla, run };
  } finally {
    await server.stop();
  }
}
