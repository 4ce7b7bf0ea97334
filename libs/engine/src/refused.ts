/** This model or these lanes cannot be served here; the message is the reason, in one sentence. */
export class CardRefused extends Error {
  override readonly name = 'CardRefused';
}
