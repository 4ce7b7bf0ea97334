import { Link } from 'react-router';
import type { BatchReceipt } from '@gistpool/contracts';
import { count, plural } from '../format/numbers';

const SHOWN = 200;

/** What was taken, and each line that was not, with its number and why. */
export function ReceiptPanel({ receipt, name }: { readonly receipt: BatchReceipt; readonly name: string }) {
  const { accepted, rejected, errors } = receipt;
  return (
    <section className="panel stack tight" aria-labelledby="receipt">
      <h2 id="receipt">{name}</h2>
      <p role="status">
        {plural(accepted, 'line')} taken, {count(rejected)} refused.{' '}
        {accepted > 0 && <Link to={`/batches/${receipt.id}`}>Watch the batch</Link>}
      </p>
      {errors.length > 0 && (
        <div className="scroll-x receipt-errors" tabIndex={0} role="region" aria-label="Refused lines">
          <table className="table">
            <thead>
              <tr>
                <th className="right">Line</th>
                <th>Code</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {errors.slice(0, SHOWN).map(({ line, error }) => (
                <tr key={line}>
                  <td className="right">{count(line)}</td>
                  <td className="mono">{error.code}</td>
                  <td>{error.message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {errors.length > SHOWN && <p className="soft small">And {count(errors.length - SHOWN)} more.</p>}
    </section>
  );
}
