import type { Scope } from '@gistpool/contracts';
import { DASHBOARD_PAGES } from '../dashboard/dashboard-pages';

export interface RouteRule {
  /** `open`: anybody. */
  readonly needs: Scope | 'open';
  /** Asks for work: counts for the rate limit, and only within the day's quotas. */
  readonly isWork: boolean;
  /** Whose id is in the address: of others it is not found. */
  readonly owned?: 'job' | 'file' | 'batch';
}

/** Pages without data of anybody, probes, and the way in. */
const OPEN: readonly string[] = [
  '/',
  '/healthz',
  '/livez',
  '/readyz',
  '/docs',
  '/docs/openapi.json',
  '/openapi.json',
  '/assets/*',
  '/v1/session',
  ...DASHBOARD_PAGES,
];
const OWNED = { '/v1/jobs/:id': 'job', '/v1/files/:id': 'file', '/v1/batches/:id': 'batch' } as const;
const WORK = [
  '/v1/jobs',
  '/v1/files',
  '/v1/batches',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/webhooks',
];
const LOOK = ['/v1/fleet', '/v1/models', '/v1/scaling', '/scaling', '/metrics', '/v1/predictions', '/queues'];
/** Sent as POST since it has a body; changes nothing. */
const ONLY_ASKS = ['/v1/predictions/explain'];

const under = (url: string, roots: readonly string[]): boolean =>
  roots.some((root) => url === root || url.startsWith(`${root}/`));

/** What a route asks of its caller. A route that nobody has thought of is for admins. */
export function ruleOf(method: string, url: string): RouteRule {
  const isRead = method === 'GET' || method === 'HEAD' || ONLY_ASKS.includes(url);
  if (OPEN.includes(url)) return { needs: 'open', isWork: false };
  if (under(url, LOOK)) return { needs: isRead ? 'read' : 'admin', isWork: false };
  if (!under(url, WORK)) return { needs: 'admin', isWork: false };
  const [, owned] = Object.entries(OWNED).find(([root]) => under(url, [root])) ?? [];
  return {
    needs: isRead ? 'read' : 'submit',
    // Who has used up what it may have can still cancel and order what it has.
    isWork: method === 'POST' && !/\/(cancel|pause|resume|reprioritize)$/.test(url),
    ...(owned === undefined ? {} : { owned }),
  };
}
