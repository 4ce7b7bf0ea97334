import { describe, expect, it, vi } from 'vitest';
import type { JobEvent } from '@gistpool/contracts';
import { LeaseLost, type Lease } from '@gistpool/queue';
import { Outbox } from './outbox';

interface Written {
  readonly events: readonly JobEvent[];
  readonly change: unknown;
}

/** A lease whose writes wait until they are let through, or fail as told. */
class SlowLease {
  readonly written: Written[] = [];
  private readonly waiting: ((error?: Error) => void)[] = [];

  get asLease(): Lease {
    return {
      report: (events: readonly JobEvent[], change: unknown) =>
        new Promise<void>((resolve, reject) =>
          this.waiting.push((error) => {
            if (error !== undefined) return reject(error);
            this.written.push({ events, change });
            resolve();
          }),
        ),
    } as unknown as Lease;
  }

  async let(error?: Error): Promise<void> {
    await vi.waitUntil(() => this.waiting.length > 0, { interval: 1 });
    this.waiting.shift()?.(error);
  }

  get isAsked(): boolean {
    return this.waiting.length > 0;
  }
}

const thought = (number: number): JobEvent => ({ type: 'thought', thought: number, text: 't', tokens: 1 });
const checkpoint = (thoughts: number) => ({ version: 1 as const, sampled: [thoughts], thoughts, runMs: 1 });

describe('the outbox of a job', () => {
  it('gathers what is said during a write into the next one, in order, with the newest checkpoint', async () => {
    const lease = new SlowLease();
    const outbox = new Outbox(lease.asLease);
    outbox.report([thought(0)], { checkpoint: checkpoint(1), thoughts: 1 });
    await vi.waitUntil(() => lease.isAsked);
    outbox.text(1, 'a');
    outbox.text(1, 'b');
    outbox.report([thought(1)], { checkpoint: checkpoint(2), thoughts: 2 });
    outbox.report([thought(2)], { thoughts: 3 });
    await lease.let();
    await lease.let();
    await outbox.idle();
    expect(lease.written).toEqual([
      { events: [thought(0)], change: { checkpoint: checkpoint(1), thoughts: 1 } },
      {
        events: [{ type: 'text', thought: 1, text: 'ab' }, thought(1), thought(2)],
        change: { checkpoint: checkpoint(2), thoughts: 3 },
      },
    ]);
  });

  it('lets text wait a moment for more text', async () => {
    const lease = new SlowLease();
    const outbox = new Outbox(lease.asLease);
    for (const letter of 'together') outbox.text(0, letter);
    expect(lease.isAsked).toBe(false);
    expect(outbox.backlogChars).toBe(8);
    await lease.let();
    expect(lease.written).toEqual([
      { events: [{ type: 'text', thought: 0, text: 'together' }], change: undefined },
    ]);
    expect(outbox.backlogChars).toBe(0);
  });

  it('makes the last write after everything else, and takes nothing more', async () => {
    const lease = new SlowLease();
    const outbox = new Outbox(lease.asLease);
    const last = vi.fn(async () => undefined);
    outbox.report([thought(0)]);
    outbox.close(last);
    outbox.report([thought(1)]);
    expect(last).not.toHaveBeenCalled();
    await lease.let();
    expect(await outbox.ended).toEqual({ kind: 'written' });
    expect(last).toHaveBeenCalledOnce();
    expect(lease.written).toHaveLength(1);
  });

  it('insists on a write while the connection fails', async () => {
    const lease = new SlowLease();
    const troubles: Error[] = [];
    const outbox = new Outbox(lease.asLease, (error) => troubles.push(error));
    outbox.report([thought(0)]);
    await lease.let(new Error('connection is closed'));
    await lease.let(new Error('connection is closed'));
    await lease.let();
    await outbox.idle();
    expect(lease.written).toHaveLength(1);
    expect(troubles).toHaveLength(2);
  });

  it('ends at once when the lease is lost, and wakes whoever waits for it', async () => {
    const lease = new SlowLease();
    const outbox = new Outbox(lease.asLease);
    outbox.report([thought(0)]);
    await vi.waitUntil(() => lease.isAsked);
    outbox.report([thought(1)]);
    const idle = outbox.idle();
    await lease.let(new LeaseLost('job_1'));
    await idle;
    expect(await outbox.ended).toMatchObject({ kind: 'lost', error: { name: 'LeaseLost' } });
    expect(outbox.backlogChars).toBe(0);
  });

  it('gives a job up whose writes Redis refuses again and again', async () => {
    const lease = new SlowLease();
    const outbox = new Outbox(lease.asLease);
    outbox.report([thought(0)]);
    const refusal = Object.assign(new Error('ERR user_script'), { name: 'ReplyError' });
    for (let times = 0; times < 5; times += 1) await lease.let(refusal);
    expect(await outbox.ended).toMatchObject({ kind: 'lost', error: { name: 'ReplyError' } });
  });
});
