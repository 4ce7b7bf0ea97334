import { DEFAULT_TENANT, type Scope } from '@gistpool/contracts';

/** Who asks. */
export interface Caller {
  /** `anonymous`: nobody but this machine reaches the api, and it asks for no key. */
  readonly by: 'anonymous' | 'key' | 'cookie';
  /** What the audit log calls it: the id of its key, or a word. */
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly expiresAtMs: number | null;
  /** Under a cookie: what must come with everything that changes something. */
  readonly csrfToken: string | null;
}

export const ANONYMOUS: Caller = {
  by: 'anonymous',
  name: 'anonymous',
  tenant: DEFAULT_TENANT,
  scopes: ['submit', 'read', 'admin'],
  expiresAtMs: null,
  csrfToken: null,
};

export const isAdmin = ({ scopes }: Caller): boolean => scopes.includes('admin');

export const may = (caller: Caller, scope: Scope): boolean =>
  isAdmin(caller) || caller.scopes.includes(scope);

/** Whether what belongs to the tenant is there for the caller; of all else it is told that it does not exist. */
export const sees = (caller: Caller, tenant: string): boolean => isAdmin(caller) || caller.tenant === tenant;
