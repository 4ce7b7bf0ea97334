import { useState } from 'react';
import type { KeyIssued } from '@gistpool/contracts';
import '../style/access.css';
import { useSession } from '../api/session';
import { Empty } from '../ui/empty';
import { useTitle } from '../ui/use-title';
import { KeyForm } from './key-form';
import { KeyTable } from './key-table';
import { SecretPanel } from './secret-panel';
import { TenantsPanel } from './tenants-panel';

export function AccessPage() {
  useTitle('Keys and tenants');
  const session = useSession().data;
  const [issued, setIssued] = useState<KeyIssued | null>(null);
  if (session === undefined) return null;
  if (!session.scopes.includes('admin')) {
    return (
      <Empty title="Only for admins">
        <p>Keys and tenants are seen and changed with a key that has the scope admin.</p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      <h1>Keys and tenants</h1>
      {session.by === 'anonymous' && (
        <p className="notice">
          This pool asks for no key: only this machine reaches it. Keys made here work at once, and are needed
          when it listens on another address.
        </p>
      )}
      {issued !== null && <SecretPanel issued={issued} onDone={() => setIssued(null)} />}
      <section className="stack tight" aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        <KeyForm onIssued={setIssued} />
        <KeyTable onIssued={setIssued} />
      </section>
      <TenantsPanel />
    </div>
  );
}
