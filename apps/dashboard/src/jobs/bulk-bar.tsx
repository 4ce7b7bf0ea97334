import { useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { BulkAction } from '@gistpool/contracts';
import { bulkOrder, type JobQuery } from '../api/jobs';
import { plural } from '../format/numbers';
import { Confirm } from '../ui/confirm';
import { bulkFilter } from './bulk-filter';
import { useBulkOrder, type BulkWish } from './use-bulk-order';

interface BulkBarProps {
  readonly filter: JobQuery;
  readonly picked: ReadonlySet<string>;
  readonly onDone: () => void;
}

const WORDS: Readonly<Record<BulkAction, { readonly name: string; readonly text: string }>> = {
  cancel: {
    name: 'Cancel',
    text: 'Those that wait end at once, those that run within a step. Jobs that have ended stay as they are.',
  },
  retry: {
    name: 'Retry',
    text: 'Jobs that failed, were cancelled or expired begin anew, under the ids that they have.',
  },
  reprioritize: {
    name: 'Prioritize',
    text: 'Of the jobs that wait. Smaller is sooner; 0 is the default.',
  },
};

/** Orders about what is picked, or about everything that the filter leaves. */
export function BulkBar({ filter, picked, onDone }: BulkBarProps) {
  const { receipt, give } = useBulkOrder(onDone);
  const [priority, setPriority] = useState('0');
  if (receipt !== null) {
    return (
      <p role="status">
        At work: {plural(receipt.changed, 'job')} of {plural(receipt.matched, 'job')} so far
      </p>
    );
  }
  const isPicked = picked.size > 0;
  const wishFor = (action: BulkAction): BulkWish | undefined => {
    const about = isPicked ? { ids: [...picked].slice(0, 1000) } : bulkFilter(action, filter);
    if (about === undefined) return undefined;
    return action === 'reprioritize'
      ? { action, filter: about, priority: Number(priority) }
      : { action, filter: about };
  };
  const all = Object.keys(filter).length > 0 ? 'all filtered' : 'all';
  const button = (action: BulkAction) => {
    const { name, text } = WORDS[action];
    const wish = wishFor(action);
    const whom = isPicked ? plural(picked.size, 'picked job') : all;
    if (wish === undefined) return null;
    return (
      <Confirm
        title={`${name} ${isPicked ? whom : 'all that the filter leaves'}?`}
        text={<Wished text={text} wish={wish} />}
        action={`${name} them${isPicked ? '' : ' all'}`}
        isHarmless={action !== 'cancel'}
        onConfirm={() => void give(wish)}
        trigger={
          <button type="button" className={action === 'cancel' ? 'button danger' : 'button'}>
            {name} {whom}
          </button>
        }
      />
    );
  };
  return (
    <div className="row">
      <label className="row small" htmlFor="bulk-priority">
        Priority
        <input
          id="bulk-priority"
          className="input narrow"
          type="number"
          min={0}
          max={1_000_000}
          value={priority}
          onChange={(event) => setPriority(event.target.value)}
        />
      </label>
      {button('reprioritize')}
      {button('retry')}
      {button('cancel')}
    </div>
  );
}

/** Counted when it is asked for, by a dry run. */
function Wished({ text, wish }: { readonly text: string; readonly wish: BulkWish }) {
  const { data } = useQuery({
    queryKey: ['bulk', wish],
    queryFn: () => bulkOrder({ ...wish, isDry: true }),
    gcTime: 0,
    staleTime: 0,
  });
  return (
    <>
      {text}{' '}
      <strong>{data === undefined ? 'Counting…' : `This changes ${plural(data.changed, 'job')}.`}</strong>
    </>
  );
}
