import { setTimeout as delay } from 'node:timers/promises';
import type { JobResult } from '@gistpool/contracts';
import type { Lease } from '@gistpool/queue';
import { USAGE, type TestPool } from './test-pool';

const LOOK_MS = 10;

/** What the stand-in says: the prompt thought over, then repeated. */
export function echoOf(prompt: string): JobResult {
  return {
    answer: `echo ${prompt}`,
    text: `let me see. echo ${prompt}`,
    thoughts: ['let me see. '],
    finish_reason: 'stop',
  };
}

/** Ends every job of a queue at once, through the real queue: `fail` in a prompt fails it. */
export class StandInWorker {
  private isStopped = false;
  private readonly loop: Promise<void>;

  constructor(
    private readonly pool: TestPool,
    private readonly queue = 'reasoning.nano.default',
  ) {
    this.loop = this.work();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.loop;
  }

  private async work(): Promise<void> {
    while (!this.isStopped) {
      const lease = await this.pool.worker.takeNext(this.queue).catch(() => undefined);
      if (lease === undefined) await delay(LOOK_MS);
      else await this.end(lease);
    }
  }

  private async end(lease: Lease): Promise<void> {
    const prompt = lease.job.messages.at(-1)?.content ?? '';
    if (prompt.includes('fail'))
      return lease.fail({ code: 'crashed_too_often', message: 'three workers died' });
    const result = echoOf(prompt);
    await this.pool.putResult(lease.job.id, result);
    await lease.report([{ type: 'text', thought: 0, text: result.thoughts.join('') }], { state: 'thinking' });
    const answers = { type: 'state', state: 'answering', at_ms: Date.now() } as const;
    await lease.report([answers, { type: 'text', thought: 1, text: result.answer }], { state: 'answering' });
    await lease.complete(USAGE, 'stop');
  }
}
