import { Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { WebhookDelivery, WebhookRequest } from '@gistpool/contracts';
import { closeRedis, openRedis } from './connection';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';

const QUEUE = 'webhooks';
const TAKE_AT_ONCE = 100;
/** Tries that are shown of a job or batch, and for how long. */
const KEPT_DELIVERIES = 50;
const KEPT_DELIVERIES_MS = 30 * 24 * 3_600_000;
const KEPT_MESSAGES = { count: 1_000 };

/** That a job or batch has ended and somebody is to be told. */
export interface EndNotice {
  readonly of: 'job' | 'batch';
  readonly id: string;
  readonly state: string;
  /** A job that is retried ends more than once. */
  readonly ending: number;
}

/** A message as it is sent, the same at every try. */
export interface WebhookMail {
  readonly to: WebhookRequest['url'];
  /** The job or batch that it is about. */
  readonly about: string;
  readonly type: string;
  readonly body: string;
}

export interface WebhookTry {
  readonly id: string;
  readonly mail: WebhookMail;
  readonly attempt: number;
  readonly isLast: boolean;
}

export interface SendingOptions {
  readonly attempts: number;
  /** Before the second try; it doubles with each. */
  readonly backoffMs: number;
}

/** `again`: it may pass. `never`: no further try is made. */
export type TryOutcome = 'delivered' | 'again' | 'never';

/**
 * Ends that are to be told of. The script that ends a job writes the notice in the same step, so none is lost; each becomes
 * one message, whose id follows from the job and its ending, and BullMQ tries it until it is delivered or given up.
 */
export interface Webhooks {
  /** Makes messages of the notices that are there; answers how many there were. `mailOf` answers none for what is gone. */
  post(
    mailOf: (notice: EndNotice) => Promise<WebhookMail | undefined>,
    options: SendingOptions,
  ): Promise<number>;
  /** Tries messages until `close`. */
  send(attempt: (message: WebhookTry) => Promise<TryOutcome>, tries: { atOnce: number }): void;
  noteDelivery(about: string, delivery: WebhookDelivery): Promise<void>;
  deliveries(about: string): Promise<WebhookDelivery[]>;
  close(): Promise<void>;
}

export const connectWebhooks = (config: QueueConfig): Webhooks => new RedisWebhooks(config);

class RedisWebhooks implements Webhooks {
  private readonly redis: Redis;
  private readonly names: Names;
  private readonly queue: Queue<WebhookMail>;
  private worker: Worker<WebhookMail> | undefined;
  private workerRedis: Redis | undefined;

  constructor(private readonly config: QueueConfig) {
    this.redis = openRedis(config, 'webhooks');
    this.names = namesFor(config.prefix);
    this.queue = new Queue(QUEUE, { connection: this.redis, prefix: this.names.bullPrefix });
    this.queue.on('error', (error) => this.warn(error));
  }

  async post(
    mailOf: (notice: EndNotice) => Promise<WebhookMail | undefined>,
    { attempts, backoffMs }: SendingOptions,
  ): Promise<number> {
    const ended = this.names.webhooksEnded;
    const texts = await this.redis.lrange(ended, 0, TAKE_AT_ONCE - 1);
    if (texts.length === 0) return 0;
    const notices = texts.map(noticeOf);
    const mails = await Promise.all(notices.map(mailOf));
    const options = {
      attempts,
      backoff: { type: 'exponential', delay: backoffMs, jitter: 0.2 },
      removeOnComplete: KEPT_MESSAGES,
      removeOnFail: KEPT_MESSAGES,
    };
    await this.queue.addBulk(
      mails.flatMap((mail, at) => {
        const notice = notices[at];
        if (mail === undefined || notice === undefined) return [];
        return [{ name: mail.type, data: mail, opts: { ...options, jobId: messageIdOf(notice) } }];
      }),
    );
    // Another api may have added the same: a message is known by its id.
    const removals = this.redis.multi();
    for (const text of texts) removals.lrem(ended, 1, text);
    await removals.exec();
    return texts.length;
  }

  send(attempt: (message: WebhookTry) => Promise<TryOutcome>, { atOnce }: { atOnce: number }): void {
    this.workerRedis = openRedis(this.config, 'webhooks-worker');
    this.worker = new Worker<WebhookMail>(
      QUEUE,
      async (job) => {
        const { id = '', data: mail, attemptsMade, opts } = job;
        const isLast = attemptsMade + 1 >= (opts.attempts ?? 1);
        const outcome = await attempt({ id, mail, attempt: attemptsMade + 1, isLast });
        if (outcome === 'never') throw new UnrecoverableError('no further try is made');
        if (outcome === 'again') throw new Error('not delivered');
      },
      { connection: this.workerRedis, prefix: this.names.bullPrefix, concurrency: atOnce },
    );
    this.worker.on('error', (error) => this.warn(error));
  }

  async noteDelivery(about: string, delivery: WebhookDelivery): Promise<void> {
    const key = this.names.deliveries(about);
    await this.redis
      .multi()
      .rpush(key, JSON.stringify(delivery))
      .ltrim(key, -KEPT_DELIVERIES, -1)
      .pexpire(key, KEPT_DELIVERIES_MS)
      .exec();
  }

  async deliveries(about: string): Promise<WebhookDelivery[]> {
    const texts = await this.redis.lrange(this.names.deliveries(about), 0, -1);
    return texts.map((text) => JSON.parse(text) as WebhookDelivery);
  }

  async close(): Promise<void> {
    // Without Redis there is nothing to wait for: what was being sent is sent again.
    await this.worker?.close(this.redis.status !== 'ready');
    if (this.workerRedis) await closeRedis(this.workerRedis);
    await this.queue.close();
    await closeRedis(this.redis);
  }

  private warn(error: Error): void {
    this.config.logger?.warn({ error: error.message }, 'bullmq: webhooks');
  }
}

function noticeOf(text: string): EndNotice {
  const [of, id = '', state = '', ending] = text.split(' ');
  return { of: of === 'batch' ? 'batch' : 'job', id, state, ending: Number(ending) };
}

const messageIdOf = ({ id, state, ending }: EndNotice): string => `msg_${id}_${state}_${ending}`;
