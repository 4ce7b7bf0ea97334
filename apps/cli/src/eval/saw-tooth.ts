import type { JobEvent } from '@gistpool/contracts';

/** (sampled tokens, live cells) */
export type Point = [tokens: number, cells: number];

interface Shape {
  readonly method: string;
  readonly gistCount: number;
}

/**
 * Live cells of a finished job over its sampled tokens: up by one cell a token, down at each compression. Fed tokens
 * (gists and the continue before the thought) take cells but no place on the axis; they stand at the compression.
 */
export function sawToothOf(events: readonly JobEvent[], { method, gistCount }: Shape): Point[] {
  const usage = events.find((event) => event.type === 'usage')?.usage;
  if (usage === undefined) return [];
  const compressions = events.filter((event) => event.type === 'compression');
  const isFeeding = method === 'lightthinker';
  let tokens = 0;
  let cells = usage.prompt_tokens;
  const points: Point[] = [[tokens, cells]];
  for (const [index, { cells_before: before, cells_after: after }] of compressions.entries()) {
    const fed = isFeeding ? gistCount + (index === 0 ? 0 : 1) : 0;
    tokens = Math.min(usage.generated_tokens, tokens + Math.max(0, before - cells - fed));
    points.push([tokens, before], [tokens, after]);
    cells = after;
  }
  const rest = usage.generated_tokens - tokens;
  points.push([usage.generated_tokens, Math.min(usage.peak_cells, cells + rest)]);
  return points;
}
