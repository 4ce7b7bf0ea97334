import type { CancelReceipt } from '@gistpool/contracts';

const AT_ONCE = 8;

export interface CancelProgress {
  readonly asked: number;
  readonly ended: number;
  readonly problems: readonly string[];
}

/** Cancels one after the other, a few at once; a job that is gone or has ended stops nobody. */
export async function cancelMany(
  ids: AsyncIterable<string> | Iterable<string>,
  cancel: (id: string) => Promise<CancelReceipt>,
  signal: AbortSignal,
  tell: (progress: CancelProgress) => void,
): Promise<CancelProgress> {
  let progress: CancelProgress = { asked: 0, ended: 0, problems: [] };
  const change = (next: Partial<CancelProgress>): void => tell((progress = { ...progress, ...next }));
  const one = async (id: string): Promise<void> => {
    try {
      const { outcome } = await cancel(id);
      change({ asked: progress.asked + 1, ended: progress.ended + (outcome === 'already_ended' ? 0 : 1) });
    } catch (error) {
      change({ asked: progress.asked + 1, problems: [...progress.problems, `${id}: ${String(error)}`] });
    }
  };
  const underWay = new Set<Promise<void>>();
  for await (const id of ids) {
    if (signal.aborted) break;
    const work: Promise<void> = one(id).finally(() => underWay.delete(work));
    underWay.add(work);
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return progress;
}
