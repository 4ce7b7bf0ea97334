import { ApiError } from '../http/api-error';
import { isAdmin, sees, type Caller } from './caller';

/** What somebody sent that makes something: its tenant is that of the key, unless an admin names another. */
export function inTenantOf(caller: Caller, sent: unknown): unknown {
  if (!isObject(sent)) return sent;
  if (sent['tenant'] === undefined) return { ...sent, tenant: caller.tenant };
  refuseOther(caller, sent['tenant']);
  return sent;
}

/** A filter by which somebody looks: through it only what is theirs is seen. */
export function withinTenantOf(caller: Caller, filter: unknown): unknown {
  return isAdmin(caller) ? filter : inTenantOf(caller, filter ?? {});
}

/** For lists that know one tenant or all. */
export const onlyTenantOf = (caller: Caller): string | undefined =>
  isAdmin(caller) ? undefined : caller.tenant;

function refuseOther(caller: Caller, named: unknown): void {
  if (typeof named !== 'string' || sees(caller, named)) return;
  const message = `tenant: this key is of the tenant ${caller.tenant}; leave the field out, or use a key of the other tenant or of an admin`;
  throw new ApiError(403, 'forbidden', message, 'tenant');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
