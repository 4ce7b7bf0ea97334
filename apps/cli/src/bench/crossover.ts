/** What compressing brought at one KV budget: how many times the jobs an hour. */
export interface Point {
  readonly kvBudgetMib: number;
  readonly speedup: number;
}

/**
 * KV memory, MiB, above which compressing is no longer faster: between the largest budget at which it was and the next
 * one, straight on the logarithm of the memory. `null`: faster at every budget; 0: at none.
 */
export function crossoverMib(points: readonly Point[]): number | null {
  const byBudget = [...points].sort((a, b) => a.kvBudgetMib - b.kvBudgetMib);
  const last = byBudget.findLastIndex(({ speedup }) => speedup > 1);
  const [pays, not] = last === -1 ? [] : byBudget.slice(last);
  if (pays === undefined) return 0;
  if (not === undefined) return null;
  const share = (pays.speedup - 1) / (pays.speedup - not.speedup);
  return pays.kvBudgetMib * (not.kvBudgetMib / pays.kvBudgetMib) ** share;
}
