import type { ModelInfo } from '@gistpool/contracts';
import { CliError, EXIT } from '../exit';
import { modeOf } from '../models';
import type { Puzzle } from '../puzzles/puzzle';
import { fingerprintOfAll } from './item-record';
import { defaultPrompt, type PromptStyle } from './prompt';
import type { RunInfo } from './run-info';

export interface AskOptions {
  readonly prompt?: PromptStyle;
  readonly samples: number;
  readonly temperature?: number;
  readonly seed: number;
  readonly maxTokens?: number;
}

/** DeepSeek-R1's advice for sampling; greedy, as in the paper, when there is one sample. */
const VOTE_TEMPERATURE = 0.6;

export function temperatureOf({ samples, temperature }: AskOptions): number {
  if (samples > 1 && temperature === 0)
    throw new CliError(
      `--samples ${samples} at --temperature 0 would give the same answer ${samples} times; leave the temperature out (${VOTE_TEMPERATURE}), or raise it`,
      EXIT.usage,
    );
  return temperature ?? (samples > 1 ? VOTE_TEMPERATURE : 0);
}

export function planRun(
  model: ModelInfo,
  puzzles: readonly Puzzle[],
  source: string,
  options: AskOptions,
): RunInfo {
  const { every_tokens: everyTokens } = model.policy;
  return {
    version: 1,
    model: {
      name: model.name,
      mode: modeOf(model),
      architecture: model.architecture,
      gist_count: model.gist_count,
      ...(everyTokens !== undefined && { every_tokens: everyTokens }),
      kv_bytes_per_cell: model.kv_bytes_per_cell,
    },
    prompt: options.prompt ?? defaultPrompt(model),
    samples: options.samples,
    temperature: temperatureOf(options),
    seed: options.seed,
    ...(options.maxTokens !== undefined && { max_tokens: options.maxTokens }),
    items: puzzles.length,
    items_fingerprint: fingerprintOfAll(puzzles),
    source,
    started_at_ms: Date.now(),
  };
}

/** Items that keep their saw-tooth: the first of each family, and those that were asked for by id. */
export function tracedItems(
  puzzles: readonly Puzzle[],
  perFamily: number,
  named: readonly string[],
): ReadonlySet<string> {
  const ids = new Set(puzzles.map(({ id }) => id));
  const unknown = named.find((id) => !ids.has(id));
  if (unknown !== undefined)
    throw new CliError(
      `--trace-item ${unknown}: there is no such item; ids are like ${puzzles[0]?.id ?? '-'}`,
      EXIT.usage,
    );
  const traced = new Set(named);
  const counts = new Map<string, number>();
  for (const { id, family } of puzzles) {
    const count = counts.get(family) ?? 0;
    if (count < perFamily) traced.add(id);
    counts.set(family, count + 1);
  }
  return traced;
}
