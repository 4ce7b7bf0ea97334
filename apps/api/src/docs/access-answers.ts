import { ruleOf, type RouteRule } from '../access/route-rules';
import { failure, type Answer, type Operation } from './operation';
import type { JsonSchema } from './schemas';

/** How a caller shows who it is. */
export const SECURITY_SCHEMES: Readonly<Record<string, JsonSchema>> = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A key of `gistpool keys create` or `POST /v1/keys`. Its tenant owns what it makes. A pool that only its own machine reaches needs none.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'gistpool_session',
    description: 'Of `POST /v1/session`. What changes something carries `x-csrf-token` besides.',
  },
};

const ruleOfOperation = ({ method, path }: Operation): RouteRule =>
  ruleOf(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'));

export const securityOf = (operation: Operation): readonly JsonSchema[] =>
  ruleOfOperation(operation).needs === 'open' ? [] : [{ key: [] }, { session: [] }];

/** What the gate before every route may answer. */
export function gateAnswers(operation: Operation): readonly Answer[] {
  const { needs, isWork } = ruleOfOperation(operation);
  if (needs === 'open') return [];
  return [
    failure(401, '`invalid_api_key`: there is no key, or it is unknown, expired or revoked.'),
    failure(
      403,
      `\`forbidden\`: the key lacks the scope \`${needs}\`, a field names another tenant, or \`x-csrf-token\` is missing.`,
    ),
    ...(isWork ? [tooMany] : []),
  ];
}

const tooMany = failure(
  429,
  '`rate_limit_exceeded`, or `insufficient_quota` until the next day (UTC). Admitted requests carry the same `x-ratelimit-*` headers.',
  {
    'Retry-After': 'Seconds to wait.',
    'x-ratelimit-limit-requests':
      'Requests for work per minute; likewise -tokens and -kv-byte-seconds per day.',
    'x-ratelimit-remaining-requests': 'How many are left; likewise -tokens and -kv-byte-seconds.',
    'x-ratelimit-reset-requests':
      'Time until all are there again, e.g. 6m0s; likewise -tokens and -kv-byte-seconds.',
  },
);
