import type { BacklogJob, FairTurns, RunningJob } from '@gistpool/core';
import type { Dispatch, FetchedJob, QueueState } from '@gistpool/queue';

type Queues = Map<string, QueueState>;

/** Fetches jobs of one model in the order of `turns`. A round's `queues` shrink by what was fetched from them. */
export class FairFetch {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly turns: FairTurns,
  ) {}

  /** Up to so many; fewer only when all queues are empty. `held` were fetched before and wait still. */
  async next(queues: Queues, wanted: number, held: readonly RunningJob[]): Promise<FetchedJob[]> {
    const fetched: FetchedJob[] = [];
    while (fetched.length < wanted && queues.size > 0) {
      const counts = this.turns.allot(wanted - fetched.length, [...queues.values()], held);
      for (const [name, count] of counts) {
        const jobs = await this.dispatch.fetchMany(name, count);
        fetched.push(...jobs);
        this.shrink(queues, name, jobs.length < count ? Number.POSITIVE_INFINITY : count);
      }
    }
    return fetched;
  }

  /** Those that waited too long behind more urgent jobs; of each tenant and priority one at a time is held. */
  async overdue(queues: Queues, nowMs: number, held: readonly BacklogJob[]): Promise<FetchedJob[]> {
    const fetched: FetchedJob[] = [];
    for (const { name } of [...queues.values()]) {
      for (const head of await this.dispatch.waitingHeads(name)) {
        const isHeld = held.some((job) => job.tenant === head.tenant && job.priority === head.priority);
        if (isHeld || !this.turns.isDue(head, nowMs)) continue;
        await this.dispatch.moveToFront(name, head.jobId);
        fetched.push(...(await this.dispatch.fetchMany(name, 1)));
        this.shrink(queues, name, 1);
      }
    }
    return fetched;
  }

  private shrink(queues: Queues, name: string, by: number): void {
    const queue = queues.get(name);
    if (!queue || queue.waiting <= by) queues.delete(name);
    else queues.set(name, { ...queue, waiting: queue.waiting - by });
  }
}
