import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { requestOf } from '../api/jobs';
import { Problem } from '../ui/problem';

/** The request as it is stored, asked for when it is opened: prompts may be long. */
export function RequestPanel({ id }: { readonly id: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const { data, error } = useQuery({ ...requestOf(id), enabled: isOpen });
  return (
    <details className="panel" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <h2 className="inline">Raw request</h2>
      </summary>
      <Problem error={error} />
      {data !== undefined && <pre tabIndex={0}>{JSON.stringify(data, null, 2)}</pre>}
    </details>
  );
}
