import { Link } from 'react-router';
import type { BatchObject } from '@gistpool/contracts';

export function FileReceipt({ batch, name }: { readonly batch: BatchObject; readonly name: string }) {
  return (
    <section className="panel stack tight" aria-labelledby="receipt">
      <h2 id="receipt">{name}</h2>
      <p role="status">
        The file is stored, and a batch of {batch.endpoint} was made from it, to end within{' '}
        {batch.completion_window}. <Link to={`/batches/${batch.id}`}>Watch the batch</Link>
      </p>
    </section>
  );
}
