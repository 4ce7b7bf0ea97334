export const NO_LOGITS = new Uint32Array(0);

const LAST_INDEXES: (Uint32Array | undefined)[] = [];

/** The index of the last token, as the binding wants it. Always asking for logits keeps the engine's graph the same. */
export function lastOf(tokens: Uint32Array): Uint32Array {
  return (LAST_INDEXES[tokens.length] ??= Uint32Array.of(tokens.length - 1));
}
