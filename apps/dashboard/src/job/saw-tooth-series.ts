import type { ThoughtStory } from './story';

/** Cells over sampled tokens, as a chart wants them: one array per series, null where a series has no point. */
export interface SawToothSeries {
  readonly tokens: readonly number[];
  readonly cells: readonly number[];
  /** What the same text would hold without compression. */
  readonly plain: readonly number[];
}

interface Facts {
  readonly promptTokens: number;
  readonly thoughts: readonly ThoughtStory[];
  /** Sampled since the last compression: the answer, or the thought under way. */
  readonly tailTokens: number;
}

/** A rise over each thought, a fall at its compression, and the rise since. */
export function sawToothSeries({ promptTokens, thoughts, tailTokens }: Facts): SawToothSeries {
  const points = [{ tokens: 0, cells: promptTokens }];
  let tokens = 0;
  let cells = promptTokens;
  for (const thought of thoughts) {
    tokens += thought.tokens ?? 0;
    cells = thought.cellsBefore ?? cells + (thought.tokens ?? 0);
    points.push({ tokens, cells });
    if (thought.cellsAfter === undefined) continue;
    cells = thought.cellsAfter;
    points.push({ tokens, cells });
  }
  if (tailTokens > 0) points.push({ tokens: tokens + tailTokens, cells: cells + tailTokens });
  return {
    tokens: points.map((point) => point.tokens),
    cells: points.map((point) => point.cells),
    plain: points.map((point) => promptTokens + point.tokens),
  };
}
