import type { AnswerLogprob, ChatLogprobs, TextLogprobs } from '@gistpool/contracts';

/** Null where none were asked for. */
export const chatLogprobs = (tokens: readonly AnswerLogprob[] | undefined): ChatLogprobs | null =>
  tokens === undefined ? null : { content: [...tokens], refusal: null };

/** In the form of text completions; `from`: characters of the answer before the first of these. */
export function textLogprobs(tokens: readonly AnswerLogprob[] | undefined, from = 0): TextLogprobs | null {
  if (tokens === undefined) return null;
  let offset = from;
  const offsets = tokens.map(({ token }) => {
    const before = offset;
    offset += token.length;
    return before;
  });
  const tops = tokens.map(({ top_logprobs: top }) =>
    Object.fromEntries(top.map(({ token, logprob }) => [token, logprob])),
  );
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.some(({ top_logprobs: top }) => top.length > 0) ? tops : null,
    text_offset: offsets,
  };
}
