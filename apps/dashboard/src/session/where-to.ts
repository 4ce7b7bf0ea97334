/** Pages that are no part of this program and are loaded anew. */
const OTHER_PAGES = /^\/(queues|docs|metrics)([/?]|$)/;

/** Where a login leads: to a page of this server, whatever an address bar says. */
export function whereTo(wanted: string | null): { readonly path: string; readonly isOtherPage: boolean } {
  const isOurs = wanted !== null && /^\/(?![/\\])[^\\]*$/.test(wanted) && !wanted.startsWith('/login');
  const path = isOurs ? wanted : '/';
  return { path, isOtherPage: OTHER_PAGES.test(path) };
}
