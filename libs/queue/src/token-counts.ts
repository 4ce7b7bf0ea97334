import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { AnswerFormat, Message } from '@gistpool/contracts';
import { closeRedis, cutOff, openRedis } from './connection';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';
import { Subscriptions } from './subscriptions';
import type { CountTokens, FormatProblem, TokenCounts } from './types';

const DEFAULT_TIMEOUT_MS = 5_000;
/** A worker that waits for requests looks up so often whether it is to stop. */
const WAIT_SECONDS = 2;
const LONGEST_TURN_MS = 5;

interface Request {
  readonly id: string;
  readonly asker: string;
  /** Nobody waits for the answer after this. */
  readonly untilMs: number;
  readonly prompts: readonly (readonly Message[])[];
  /** To be looked at, too. */
  readonly formats?: readonly AnswerFormat[];
}

interface Reply {
  readonly id: string;
  readonly counts: readonly number[];
  readonly problems?: readonly (string | null)[];
}

export function connectTokenCounts(config: QueueConfig): TokenCounts & { close(): Promise<void> } {
  return new RedisTokenCounts(config);
}

/** A request goes on the model's list, where any of its workers takes it; the reply comes over the asker's channel. */
class RedisTokenCounts implements TokenCounts {
  private readonly asker = randomUUID();
  private readonly redis: Redis;
  private readonly names: Names;
  private readonly subscriptions: Subscriptions;
  private readonly pending = new Map<string, (reply: Reply | undefined) => void>();
  private readonly subscribed: Promise<void>;

  constructor(config: QueueConfig) {
    this.names = namesFor(config.prefix);
    this.redis = openRedis(config, 'token-counts');
    this.subscriptions = new Subscriptions(config, 'token-counts');
    this.subscribed = this.subscriptions.subscribe(this.names.tokenReplies(this.asker), (message) => {
      const reply = JSON.parse(message) as Reply;
      this.pending.get(reply.id)?.(reply);
    });
    this.subscribed.catch(() => undefined);
  }

  async count(
    model: string,
    prompts: readonly (readonly Message[])[],
    timeoutMs?: number,
  ): Promise<number[] | undefined> {
    if (prompts.length === 0) return [];
    const reply = await this.answer(model, { prompts }, timeoutMs);
    return reply && [...reply.counts];
  }

  async formatProblems(
    model: string,
    formats: readonly AnswerFormat[],
    timeoutMs?: number,
  ): Promise<(string | null)[] | undefined> {
    if (formats.length === 0) return [];
    const reply = await this.answer(model, { prompts: [], formats }, timeoutMs);
    return reply && [...(reply.problems ?? formats.map(() => null))];
  }

  private async answer(
    model: string,
    question: Pick<Request, 'prompts' | 'formats'>,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<Reply | undefined> {
    const id = randomUUID();
    const answered = new Promise<Reply | undefined>((resolve) => {
      this.pending.set(id, resolve);
      setTimeout(resolve, timeoutMs, undefined).unref();
    });
    // Not awaited: the answer, or its absence in time, is all that counts.
    this.ask(model, { id, asker: this.asker, untilMs: Date.now() + timeoutMs, ...question }).catch(() => {
      this.pending.get(id)?.(undefined);
    });
    try {
      return await answered;
    } finally {
      this.pending.delete(id);
    }
  }

  async close(): Promise<void> {
    for (const resolve of this.pending.values()) resolve(undefined);
    await this.subscriptions.close();
    await closeRedis(this.redis);
  }

  private async ask(model: string, request: Request): Promise<void> {
    await this.subscribed;
    const list = this.names.tokenRequests(model);
    await this.redis
      .multi()
      .rpush(list, JSON.stringify(request))
      // Requests nobody takes vanish with the last asker's patience.
      .pexpire(list, Math.max(1, request.untilMs - Date.now()))
      .exec();
  }
}

/** The worker's side: answers requests for one model until it is stopped. */
export class TokenCountServer {
  private isStopped = false;
  private readonly blocking: Redis;
  private readonly loop: Promise<void>;

  constructor(
    config: QueueConfig,
    private readonly names: Names,
    private readonly replies: Redis,
    private readonly model: string,
    private readonly count: CountTokens,
    private readonly formatProblem: FormatProblem = () => undefined,
  ) {
    this.blocking = openRedis(config, 'token-count-server');
    this.loop = this.serve();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    cutOff(this.blocking);
    await this.loop;
  }

  private async serve(): Promise<void> {
    while (!this.isStopped) {
      const taken = await this.blocking
        .blpop(this.names.tokenRequests(this.model), WAIT_SECONDS)
        .catch(() => null);
      if (taken === null) continue;
      const request = JSON.parse(taken[1]) as Request;
      if (request.untilMs <= Date.now()) continue;
      const reply: Reply = {
        id: request.id,
        counts: await this.countAll(request.prompts),
        problems: (request.formats ?? []).map((format) => this.formatProblem(format) ?? null),
      };
      await this.replies
        .publish(this.names.tokenReplies(request.asker), JSON.stringify(reply))
        .catch(() => 0);
    }
  }

  /** A worker decodes on the same thread: counting lets it go on in between. */
  private async countAll(prompts: Request['prompts']): Promise<number[]> {
    const counts: number[] = [];
    let turnBeganMs = performance.now();
    for (const prompt of prompts) {
      counts.push(this.count(prompt));
      if (performance.now() - turnBeganMs < LONGEST_TURN_MS) continue;
      await nextTurn();
      turnBeganMs = performance.now();
    }
    return counts;
  }
}
