import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { KeyIssued, Scope } from '@gistpool/contracts';
import { createKey, useTenants } from '../api/access';
import { Problem } from '../ui/problem';

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['submit', 'submit'],
  ['read', 'read'],
  ['admin', 'admin'],
];
const DAY_S = 86_400;
const LIVES: readonly (readonly [string, number | undefined])[] = [
  ['in 30 days', 30 * DAY_S],
  ['in 90 days', 90 * DAY_S],
  ['in a year', 365 * DAY_S],
  ['never', undefined],
];

export function KeyForm({ onIssued }: { readonly onIssued: (issued: KeyIssued) => void }) {
  const [name, setName] = useState('');
  const [tenant, setTenant] = useState('default');
  const [scopes, setScopes] = useState<readonly Scope[]>(['submit', 'read']);
  const [life, setLife] = useState(1);
  const tenants = useTenants().data ?? [];
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: createKey,
    onSuccess: (issued) => {
      onIssued(issued);
      setName('');
      return Promise.all([
        queries.invalidateQueries({ queryKey: ['keys'] }),
        queries.invalidateQueries({ queryKey: ['tenants'] }),
      ]);
    },
  });
  const toggle = (scope: Scope): void =>
    setScopes((before) =>
      before.includes(scope) ? before.filter((one) => one !== scope) : [...before, scope],
    );
  return (
    <form
      className="panel key-form"
      aria-label="A new key"
      onSubmit={(event) => {
        event.preventDefault();
        const seconds = LIVES[life]?.[1];
        mutate({ name, tenant, scopes, ...(seconds === undefined ? {} : { expires_in_s: seconds }) });
      }}
    >
      <div className="field">
        <label htmlFor="key-name">What it is for</label>
        <input
          id="key-name"
          className="input"
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor="key-tenant">Tenant</label>
        <input
          id="key-tenant"
          className="input"
          list="tenant-names"
          required
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
          maxLength={64}
          value={tenant}
          onChange={(event) => setTenant(event.target.value)}
        />
        <datalist id="tenant-names">
          {tenants.map((one) => (
            <option key={one.name} value={one.name} />
          ))}
        </datalist>
      </div>
      <fieldset className="field">
        <legend className="label">Scopes</legend>
        <div className="row">
          {SCOPES.map(([scope, label]) => (
            <label key={scope} className="check">
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="field">
        <label htmlFor="key-life">Ends</label>
        <select
          id="key-life"
          className="input"
          value={life}
          onChange={(event) => setLife(Number(event.target.value))}
        >
          {LIVES.map(([label], at) => (
            <option key={label} value={at}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" className="button strong" disabled={isPending || scopes.length === 0}>
        Create a key
      </button>
      <Problem error={error} />
    </form>
  );
}
