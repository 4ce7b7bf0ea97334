import { ApiError, clip } from '../../http/api-error';

/** Values that ask for nothing: clients send them as defaults. */
export const NEUTRAL_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  audio: [],
  best_of: [1],
  echo: [false],
  frequency_penalty: [0],
  function_call: ['none'],
  functions: [],
  logprobs: [false],
  modalities: ['["text"]'],
  parallel_tool_calls: [true, false],
  prediction: [],
  presence_penalty: [0],
  prompt_cache_key: [],
  reasoning_effort: [],
  response_format: ['{"type":"text"}'],
  safety_identifier: [],
  service_tier: ['auto', 'default'],
  store: [false],
  suffix: [],
  tool_choice: ['none', 'auto'],
  tools: ['[]'],
  top_logprobs: [0],
  verbosity: [],
  web_search_options: [],
};

/**
 * The body without what asks for nothing (null, and the neutral values above). What asks for something that no card here
 * can do is refused by its name: an answer that ignores it would be a lie.
 */
export function withoutUnsupported(
  body: Readonly<Record<string, unknown>>,
  supported: readonly string[],
): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue;
    const isKnown = !supported.includes(name) && Object.hasOwn(NEUTRAL_VALUES, name);
    const neutral = isKnown ? NEUTRAL_VALUES[name] : undefined;
    if (neutral === undefined) rest[name] = value;
    else if (!neutral.includes(typeof value === 'object' ? JSON.stringify(value) : value))
      throw new ApiError(
        400,
        'unsupported_parameter',
        `${name} is not supported${typeof value === 'object' ? '' : ` (given: ${clip(String(value), 40)})`}`,
        name,
      );
  }
  return rest;
}
