import { basename } from 'node:path';
import { Sampling } from '@gistpool/contracts';
import type { SessionRequest } from '@gistpool/engine';
import { type LaneCard, openLaneCard } from '@gistpool/engine/testing';
import { CliError, EXIT } from '../exit';
import { isRight } from '../puzzles/grade';
import type { Puzzle } from '../puzzles/puzzle';
import { argmax, shiftOf, type Shift } from './kv-type-shift';
import type { ParkKvType } from './park-bench';

/** Everything is held against this one. */
const REFERENCE: ParkKvType = 'f32';

export interface KvTypePlan {
  readonly modelPaths: readonly string[];
  readonly kvTypes: readonly ParkKvType[];
  readonly puzzles: readonly Puzzle[];
  /** Of how many puzzles, spread over all, log-probabilities are compared. */
  readonly forced: number;
  readonly sessions: number;
  readonly cells: number;
  readonly threads: number;
}

export interface KvTypeRow {
  readonly model: string;
  readonly kv_type: ParkKvType;
  readonly kv_bytes_per_cell: number;
  readonly items: number;
  readonly right: number;
  /** Items right in the reference and wrong here, and the other way round. */
  readonly lost: number;
  readonly won: number;
  /** Items whose whole text is the reference's. */
  readonly same_texts: number;
  /** Of log-probabilities when the reference's tokens are forced; not for the reference itself. */
  readonly shift?: Shift;
}

interface Outcome {
  readonly text: string;
  readonly right: boolean;
}

/** Texts that the reference chose greedily, with what it said at each choice. */
interface Chosen {
  readonly tokens: number[][];
  readonly rows: Float64Array[][];
}

/**
 * Each model with each precision of its cache: the same puzzles decoded greedily and graded, then the tokens of the f32
 * run forced, so that log-probabilities are compared at the same places. q8_0 comes with flash attention, without which
 * it does not run; the others without.
 */
export async function* benchKvTypes(plan: KvTypePlan): AsyncGenerator<KvTypeRow> {
  const apart = Math.max(1, Math.floor(plan.puzzles.length / Math.max(1, plan.forced)));
  const forced = plan.puzzles.filter((_, at) => at % apart === 0).slice(0, plan.forced);
  for (const modelPath of plan.modelPaths) {
    let reference: { outcomes: readonly Outcome[]; chosen: Chosen } | undefined;
    for (const kvType of [REFERENCE, ...plan.kvTypes.filter((type) => type !== REFERENCE)]) {
      const card = await open(plan, modelPath, kvType);
      try {
        const outcomes = await answers(card, plan);
        const chosen = await choose(card, forced, plan, reference?.chosen.tokens);
        reference ??= { outcomes, chosen };
        const isReference = reference.chosen === chosen;
        const before = reference.outcomes;
        const count = (is: (now: Outcome, then: Outcome | undefined) => boolean) =>
          outcomes.filter((one, at) => is(one, before[at])).length;
        yield {
          model: basename(modelPath, '.gguf'),
          kv_type: kvType,
          kv_bytes_per_cell: card.model.kv_bytes_per_cell,
          items: outcomes.length,
          right: count((now) => now.right),
          lost: count((now, then) => !now.right && then?.right === true),
          won: count((now, then) => now.right && then?.right === false),
          same_texts: count((now, then) => now.text === then?.text),
          ...(!isReference && { shift: shiftOf(reference.chosen.rows, chosen.rows) }),
        };
      } finally {
        await card.dispose();
      }
    }
  }
}

async function open(
  { sessions, cells, threads }: KvTypePlan,
  modelPath: string,
  kvType: ParkKvType,
): Promise<LaneCard> {
  const opened = await openLaneCard({
    modelPath,
    modelName: 'kv-type',
    device: 'cpu',
    threads,
    kvBudgetBytes: Number.MAX_SAFE_INTEGER,
    lanes: [{ slots: sessions, cells }],
    kvType,
    flashAttention: kvType === 'q8_0',
    prefillChunk: 128,
  });
  if (!opened.ok) throw new CliError(`${opened.refused.path}: ${opened.refused.reason}`, EXIT.modelRefused);
  return opened.card;
}

const requestOf = (card: LaneCard, { input }: Puzzle, at: number, cells: number): SessionRequest => ({
  jobId: String(at),
  lane: 0,
  messages: [{ role: 'user', content: input }],
  limits: card.model.default_limits,
  sampling: { ...Sampling.parse({}), seed: at },
  reservedCells: cells,
});

async function answers(card: LaneCard, { puzzles, sessions, cells }: KvTypePlan): Promise<Outcome[]> {
  const outcomes: Outcome[] = puzzles.map(() => ({ text: '', right: false }));
  let next = 0;
  while (next < puzzles.length || card.sessions() > 0) {
    for (; next < puzzles.length && card.sessions() < sessions; next += 1) {
      const puzzle = puzzles[next];
      if (puzzle !== undefined) refuse(card.admit(requestOf(card, puzzle, next, cells)));
    }
    for (const report of await card.step()) {
      const puzzle = puzzles[Number(report.jobId)];
      if (report.kind === 'outgrown')
        throw new CliError(`a job outgrew ${cells} cells; ask for more --cells`);
      if (report.kind !== 'finish' || puzzle === undefined) continue;
      const { text, answer } = report;
      outcomes[Number(report.jobId)] = { text, right: isRight(answer, puzzle.target, puzzle.choices) };
    }
  }
  return outcomes;
}

/** With `forced` tokens those, else the likeliest ones. One after the other: the rows of a batch are no part of the question. */
async function choose(
  card: LaneCard,
  puzzles: readonly Puzzle[],
  { cells }: KvTypePlan,
  forced: readonly (readonly number[])[] | undefined,
): Promise<Chosen> {
  const tokens: number[][] = [];
  const rows: Float64Array[][] = [];
  for (const [at, puzzle] of puzzles.entries()) {
    const request = requestOf(card, puzzle, at, cells);
    const own: { tokens: number[]; rows: Float64Array[] } = { tokens: [], rows: [] };
    refuse(
      card.admitPrompt(request, card.promptOf(request.messages), async (logProbabilities) => {
        const row = await logProbabilities();
        const token = forced === undefined ? argmax(row) : forced[at]?.[own.tokens.length];
        if (token === undefined) throw new CliError('a forced text goes on after its end');
        own.rows.push(row);
        own.tokens.push(token);
        return token;
      }),
    );
    while (card.sessions() > 0) await card.step();
    tokens.push(own.tokens);
    rows.push(own.rows);
  }
  return { tokens, rows };
}

function refuse(refusal: ReturnType<LaneCard['admit']>): void {
  if (refusal !== undefined) throw new CliError(`a job was refused: ${JSON.stringify(refusal)}`);
}
