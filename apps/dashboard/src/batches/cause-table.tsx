import { count } from '../format/numbers';
import type { Cause } from './causes';

export function CauseTable({ causes }: { readonly causes: readonly Cause[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Errors by cause">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col" className="right">
              Lines
            </th>
            <th scope="col">Why</th>
            <th scope="col">Such as</th>
          </tr>
        </thead>
        <tbody>
          {causes.map(({ code, lines, message, examples }) => (
            <tr key={`${code} ${message}`}>
              <td className="mono">{code}</td>
              <td className="right">{count(lines)}</td>
              <td>{message}</td>
              <td>
                {examples.join(', ')}
                {lines > examples.length && ', …'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
