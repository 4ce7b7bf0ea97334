/** What became of a batch's lines, by its output and error files. */
export interface LineTally {
  readonly answered: number;
  readonly failed: number;
  /** In neither file. */
  readonly missing: number;
  /** More than once in both files together. */
  readonly duplicates: number;
  /** That nobody sent. */
  readonly strangers: number;
}

export function tally(
  wanted: readonly string[],
  answered: readonly string[],
  failed: readonly string[],
): LineTally {
  const found = new Set([...answered, ...failed]);
  const sent = new Set(wanted);
  return {
    answered: answered.length,
    failed: failed.length,
    missing: wanted.filter((id) => !found.has(id)).length,
    duplicates: answered.length + failed.length - found.size,
    strangers: [...found].filter((id) => !sent.has(id)).length,
  };
}
