import { useState } from 'react';
import type { BulkAction, BulkFilter, BulkReceipt } from '@gistpool/contracts';
import { bulkNow, bulkOrder } from '../api/jobs';
import { messageOf } from '../api/client';
import { plural } from '../format/numbers';
import { say, sayProblem } from '../ui/toasts';

const DONE: Readonly<Record<BulkAction, string>> = {
  cancel: 'cancelled',
  retry: 'retried',
  reprioritize: 'given the priority',
};
const LOOK_MS = 500;

export interface BulkWish {
  readonly action: BulkAction;
  readonly filter: BulkFilter;
  readonly priority?: number;
}

/** Gives an order about many jobs and follows it to its end; the pool goes on with it also when nobody follows. */
export function useBulkOrder(onDone: () => void): {
  readonly receipt: BulkReceipt | null;
  readonly give: (wish: BulkWish) => Promise<void>;
} {
  const [receipt, setReceipt] = useState<BulkReceipt | null>(null);
  const give = async (wish: BulkWish): Promise<void> => {
    try {
      let now = await bulkOrder(wish);
      while (now.status === 'running' && now.id !== null) {
        setReceipt(now);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        now = await bulkNow(now.id);
      }
      say(`${plural(now.changed, 'job')} ${DONE[wish.action]}.`);
      if (now.skipped > 0) sayProblem(`${plural(now.skipped, 'job')} could not be.`);
    } catch (error) {
      sayProblem(messageOf(error));
    } finally {
      setReceipt(null);
      onDone();
    }
  };
  return { receipt, give };
}
