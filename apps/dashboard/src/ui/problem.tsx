import { Away, messageOf } from '../api/client';

/** What went wrong with a question. While the api is away the bar at the top says it, and nothing is said twice. */
export function Problem({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined || error instanceof Away) return null;
  return (
    <p className="notice bad" role="alert">
      {messageOf(error)}
    </p>
  );
}
