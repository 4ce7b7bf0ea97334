import { useSearchParams } from 'react-router';
import type { JobQuery } from '../api/jobs';
import { STATES } from './states';

const FIELDS = ['state', 'model', 'tenant', 'task', 'tag', 'batch', 'search'] as const;
export type QueryField = (typeof FIELDS)[number];

/** The filter lives in the address, so that it can be kept and sent. */
export function useJobQuery(): [JobQuery, (field: QueryField, value: string) => void, () => void] {
  const [parameters, setParameters] = useSearchParams();
  const given = Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = parameters.get(field)?.trim() ?? '';
      const isKnown = field !== 'state' || (STATES as readonly string[]).includes(value);
      return value === '' || !isKnown ? [] : [[field, value]];
    }),
  ) as JobQuery;
  const set = (field: QueryField, value: string): void =>
    setParameters(
      (before) => {
        if (value.trim() === '') before.delete(field);
        else before.set(field, value);
        return before;
      },
      { replace: true },
    );
  return [given, set, () => setParameters({}, { replace: true })];
}
