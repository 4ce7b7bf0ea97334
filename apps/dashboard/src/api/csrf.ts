/** Proves to the api that a change is asked for by its own page, and not by another one with the same cookie. */
let token: string | null = null;

export const csrf = {
  set: (next: string | null): void => {
    token = next;
  },
  /** For a request with this method. */
  headers: (method = 'GET'): Readonly<Record<string, string>> =>
    token === null || method === 'GET' ? {} : { 'x-csrf-token': token },
};
