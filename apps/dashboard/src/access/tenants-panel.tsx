import { useState } from 'react';
import type { TenantUsage, TenantView } from '@gistpool/contracts';
import { useTenants } from '../api/access';
import { useFleet } from '../api/fleet';
import { count } from '../format/numbers';
import { Problem } from '../ui/problem';
import { cardHours, money, priceIn, short } from './cost';
import { QuotaDialog } from './quota-dialog';

const PRICE = 'gistpool.price-per-gpu-hour';

/** What each tenant may do and has used, and what that costs at a price that one types in. */
export function TenantsPanel() {
  const { data: tenants, error } = useTenants();
  const cards = useFleet().data?.cards ?? [];
  const [typed, setTyped] = useState(() => localStorage.getItem(PRICE) ?? '');
  const price = priceIn(typed);
  const isWrong = typed.trim() !== '' && price === undefined;
  const hours = ({ kv_byte_seconds }: TenantUsage) =>
    cardHours(
      kv_byte_seconds,
      cards.map(({ kv_bytes }) => kv_bytes),
    );
  return (
    <section className="stack tight" aria-labelledby="tenants">
      <div className="row apart">
        <h2 id="tenants">Tenants</h2>
        <div className="field price">
          <label htmlFor="price">Price of a GPU-hour</label>
          <input
            id="price"
            className="input"
            inputMode="decimal"
            placeholder="2.50"
            aria-invalid={isWrong}
            aria-describedby="price-hint"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              localStorage.setItem(PRICE, event.target.value);
            }}
          />
        </div>
      </div>
      <p id="price-hint" className="soft small">
        {isWrong
          ? 'Type a number, e.g. 2.50.'
          : 'Used by jobs that have ended. A GPU-hour here is all KV memory of one card of this pool held for an hour; what lies idle is nobody’s.'}
      </p>
      <Problem error={error} />
      {tenants !== undefined && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Table of tenants">
          <table className="table">
            <thead>
              <tr>
                <th>Tenant</th>
                <th className="right">Requests/min</th>
                <th className="right">Tokens today</th>
                <th className="right">KV byte-s today</th>
                <th className="right">Jobs, 30 days</th>
                <th className="right">KV byte-s, 30 days</th>
                <th className="right">GPU-hours</th>
                <th className="right">Cost</th>
                <th>
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {tenants.map((tenant) => (
                <TenantRow
                  key={tenant.name}
                  tenant={tenant}
                  gpuHours={hours(tenant.usage.last_30_days)}
                  price={price}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface TenantRowProps {
  readonly tenant: TenantView;
  readonly gpuHours: number | undefined;
  readonly price: number | undefined;
}

function TenantRow({ tenant, gpuHours, price }: TenantRowProps) {
  const { name, quotas, usage } = tenant;
  return (
    <tr>
      <td>{name}</td>
      <td className="right">
        {quotas.requests_per_minute === null ? '–' : count(quotas.requests_per_minute)}
      </td>
      <td className="right">
        <Used value={usage.today.tokens} limit={quotas.tokens_per_day} />
      </td>
      <td className="right">
        <Used value={usage.today.kv_byte_seconds} limit={quotas.kv_byte_seconds_per_day} />
      </td>
      <td className="right">{count(usage.last_30_days.jobs)}</td>
      <td className="right">{short(usage.last_30_days.kv_byte_seconds)}</td>
      <td className="right">{gpuHours === undefined ? '–' : money(gpuHours)}</td>
      <td className="right">
        {gpuHours === undefined || price === undefined ? '–' : money(gpuHours * price)}
      </td>
      <td>
        <QuotaDialog tenant={tenant} />
      </td>
    </tr>
  );
}

function Used({ value, limit }: { readonly value: number; readonly limit: number | null }) {
  if (limit === null) return <>{short(value)}</>;
  return (
    <span className={value >= limit ? 'spent' : undefined}>
      {short(value)} of {short(limit)}
    </span>
  );
}
