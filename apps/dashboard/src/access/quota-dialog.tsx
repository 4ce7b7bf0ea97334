import * as Dialog from '@radix-ui/react-dialog';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Quotas, TenantView } from '@gistpool/contracts';
import { changeQuotas } from '../api/access';
import { Problem } from '../ui/problem';
import { say } from '../ui/toasts';
import { limitIn } from './cost';

const FIELDS: readonly (readonly [keyof Quotas, string])[] = [
  ['requests_per_minute', 'Requests per minute'],
  ['tokens_per_day', 'Tokens per day'],
  ['kv_byte_seconds_per_day', 'KV byte-seconds per day'],
];

export function QuotaDialog({ tenant }: { readonly tenant: TenantView }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog.Root open={isOpen} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <button type="button" className="button">
          Quotas<span className="visually-hidden"> of {tenant.name}</span>
        </button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog">
          <Dialog.Title asChild>
            <h2>Quotas of {tenant.name}</h2>
          </Dialog.Title>
          <Dialog.Description>Days are UTC days. An empty field is no limit.</Dialog.Description>
          <QuotaForm tenant={tenant} onDone={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function QuotaForm({ tenant, onDone }: { readonly tenant: TenantView; readonly onDone: () => void }) {
  const [typed, setTyped] = useState<Readonly<Record<keyof Quotas, string>>>(() => ({
    requests_per_minute: textOf(tenant.quotas.requests_per_minute),
    tokens_per_day: textOf(tenant.quotas.tokens_per_day),
    kv_byte_seconds_per_day: textOf(tenant.quotas.kv_byte_seconds_per_day),
  }));
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (quotas: Quotas) => changeQuotas(tenant.name, quotas),
    onSuccess: () => {
      say(`The quotas of ${tenant.name} hold from the next request on.`);
      onDone();
      return queries.invalidateQueries({ queryKey: ['tenants'] });
    },
  });
  const wrong = FIELDS.filter(([field]) => limitIn(typed[field]) === undefined);
  const send = (): void => {
    const of = (field: keyof Quotas): number | null => limitIn(typed[field]) ?? null;
    mutate({
      requests_per_minute: of('requests_per_minute'),
      tokens_per_day: of('tokens_per_day'),
      kv_byte_seconds_per_day: of('kv_byte_seconds_per_day'),
    });
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong.length === 0) send();
      }}
    >
      {FIELDS.map(([field, label]) => (
        <div key={field} className="field">
          <label htmlFor={field}>{label}</label>
          <input
            id={field}
            className="input"
            inputMode="numeric"
            aria-invalid={limitIn(typed[field]) === undefined}
            value={typed[field]}
            onChange={(event) => setTyped((before) => ({ ...before, [field]: event.target.value }))}
          />
        </div>
      ))}
      {wrong.length > 0 && <p className="problem">A limit is a whole number above 0.</p>}
      <Problem error={error} />
      <div className="row">
        <Dialog.Close className="button" type="button">
          Leave it
        </Dialog.Close>
        <button type="submit" className="button strong" disabled={isPending || wrong.length > 0}>
          Set
        </button>
      </div>
    </form>
  );
}

const textOf = (limit: number | null): string => (limit === null ? '' : String(limit));
