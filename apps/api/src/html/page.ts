import { html, raw, type Html } from './html';
import { STYLE } from './style';

export interface Page {
  readonly title: string;
  readonly path: string;
  readonly style?: string;
  readonly body: Html;
}

const LINKS = [
  { path: '/', name: 'Pool' },
  { path: '/docs', name: 'API' },
  { path: '/queues', name: 'Queues' },
  { path: '/metrics', name: 'Metrics' },
] as const;

/** Nothing on a page comes from another machine. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 13V7l4-4v7l4-4v5l6-7v9z' fill='%230f8a78'/%3E%3C/svg%3E";

export function pageText({ title, path, style, body }: Page): string {
  const links = LINKS.map(
    (link) =>
      html`<a href="${link.path}" ${link.path === path ? raw(' aria-current="page"') : undefined}
        >${link.name}</a
      >`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="${ICON}" />
        <style>
          ${raw(STYLE)}${raw(style ?? '')}
        </style>
      </head>
      <body>
        <header class="top">
          <a class="brand" href="/">gistpool</a>
          <nav aria-label="Pages">${links}</nav>
        </header>
        ${body}
      </body>
    </html> `.text;
}
