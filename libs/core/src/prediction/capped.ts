import type { Policy, SessionLimits } from '../session/types';
import { keptPerThought } from './features';
import type { Forecast, Outlook, Standing } from './horizon';

/** Cells that a thought can take at most, its compression included; the policies that compress nothing have no such limit. */
export function longestThoughtCells(policy: Policy, limits: SessionLimits): number {
  if (policy.kind !== 'lightthinker') return Number.POSITIVE_INFINITY;
  const longest = Math.max(
    2,
    Math.min(policy.everyTokens ?? limits.maxThoughtTokens, limits.maxThoughtTokens),
  );
  return ((policy.lagThoughts ?? 0) + 1) * longest + keptPerThought(policy);
}

/** A forecast with what the limits rule out left away: that counts most as long as nothing was seen. */
export class Capped implements Forecast {
  constructor(
    private readonly inner: Forecast,
    private readonly longestThought: number,
  ) {}

  addTo(outlook: Outlook, standing: Standing): void {
    this.inner.addTo(outlook, standing);
  }

  stillThinking(standing: Standing, thoughtCells: number): number {
    return thoughtCells > this.longestThought ? 0 : this.inner.stillThinking(standing, thoughtCells);
  }

  thoughtQuantile(standing: Standing, chance: number): number {
    return Math.min(this.longestThought, this.inner.thoughtQuantile(standing, chance));
  }
}
