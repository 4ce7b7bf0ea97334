/** This model or these lanes cannot be served here; the message is the reason, in one sentence. */
export class CardRefused extends Error {
  override readonly name = 'CardRefused';
}

/** What goes wrong in the attempt is a reason to refuse. */
export async function refusing<T>(attempt: Promise<T>, reason: (error: unknown) => string): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    throw new CardRefused(reason(error));
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
