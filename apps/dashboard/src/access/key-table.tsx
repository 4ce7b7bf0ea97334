import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { KeyIssued, KeyView } from '@gistpool/contracts';
import { revokeKey, rotateKey, useKeys } from '../api/access';
import { messageOf } from '../api/client';
import { ago } from '../format/time';
import { Confirm } from '../ui/confirm';
import { Empty } from '../ui/empty';
import { Problem } from '../ui/problem';
import { say, sayProblem } from '../ui/toasts';
import { useNow } from '../ui/use-now';

interface KeyTableProps {
  readonly onIssued: (issued: KeyIssued) => void;
}

const HOUR_S = 3600;
const LOOKS = { active: 'badge good', expired: 'badge warn', revoked: 'badge bad' } as const;

export function KeyTable({ onIssued }: KeyTableProps) {
  const { data: keys, error } = useKeys();
  const nowMs = useNow(10_000);
  if (keys === undefined) return <Problem error={error} />;
  if (keys.length === 0) {
    return (
      <Empty title="No keys yet">
        <p>
          Make one above, or with <code>gistpool keys create</code>.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Problem error={error} />
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Table of keys">
        <table className="table">
          <thead>
            <tr>
              <th>Key</th>
              <th>Tenant</th>
              <th>Scopes</th>
              <th>State</th>
              <th>Ends</th>
              <th>Last used</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr key={key.id}>
                <td>
                  <code>{key.id}…</code>
                  {key.name !== '' && <div className="soft small">{key.name}</div>}
                </td>
                <td>{key.tenant}</td>
                <td>{key.scopes.join(', ')}</td>
                <td>
                  <span className={LOOKS[key.state]}>{key.state}</span>
                  {key.replaced_by !== null && (
                    <div className="soft small">
                      by <code>{key.replaced_by}</code>
                    </div>
                  )}
                </td>
                <td>{key.expires_at_ms === null ? 'never' : day(key.expires_at_ms)}</td>
                <td>{key.last_used_at_ms === null ? 'never' : ago(key.last_used_at_ms, nowMs)}</td>
                <td>
                  <KeyActions item={key} onIssued={onIssued} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function KeyActions({ item, onIssued }: KeyTableProps & { readonly item: KeyView }) {
  const queries = useQueryClient();
  const done = () => queries.invalidateQueries({ queryKey: ['keys'] });
  const onError = (error: Error): void => sayProblem(messageOf(error));
  const rotate = useMutation({
    mutationFn: () => rotateKey(item.id, HOUR_S),
    onSuccess: (issued) => {
      onIssued(issued);
      return done();
    },
    onError,
  });
  const revoke = useMutation({
    mutationFn: () => revokeKey(item.id),
    onSuccess: () => {
      say(`${item.id} is revoked.`);
      return done();
    },
    onError,
  });
  if (item.state !== 'active') return null;
  const isBusy = rotate.isPending || revoke.isPending;
  const of = <span className="visually-hidden"> {item.id}</span>;
  return (
    <div className="row tight-row">
      {item.replaced_by === null && (
        <Confirm
          title={`Rotate ${item.id}?`}
          text="A new key with the same rights takes its place. This one goes on for an hour, so that its users can change over."
          action="Rotate"
          onConfirm={() => rotate.mutate()}
          trigger={
            <button type="button" className="button" disabled={isBusy}>
              Rotate{of}
            </button>
          }
        />
      )}
      <Confirm
        title={`Revoke ${item.id}?`}
        text="Whoever uses it is refused from the next request on, and its logins end. It cannot be taken back."
        action="Revoke"
        onConfirm={() => revoke.mutate()}
        trigger={
          <button type="button" className="button danger" disabled={isBusy}>
            Revoke{of}
          </button>
        }
      />
    </div>
  );
}
