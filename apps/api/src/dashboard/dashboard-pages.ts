/** Addresses of the dashboard's own pages: each is answered with the same file, which shows what the address says. */
export const DASHBOARD_PAGES = [
  '/jobs',
  '/jobs/:id',
  '/submit',
  '/batches',
  '/batches/:id',
  '/predictions',
  '/throughput',
  '/simulate',
  '/access',
  '/login',
] as const;

/** Scripts and styles are files of this server; only React's style attributes are inline. */
export const DASHBOARD_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;
