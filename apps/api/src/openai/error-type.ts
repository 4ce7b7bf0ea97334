/** Routes that clients of OpenAI's API use; their errors carry a `type` as well. */
const ROUTES = /^\/v1\/(files|batches|chat\/completions|completions|models\/[^?])/;

/** OpenAI's word for a kind of error; undefined where the client is none of OpenAI's. */
export function errorTypeOf(url: string, status: number): string | undefined {
  // Who is turned away at the door is told so in OpenAI's form on every route.
  if (status === 429) return 'rate_limit_error';
  if (!ROUTES.test(url)) return undefined;
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
