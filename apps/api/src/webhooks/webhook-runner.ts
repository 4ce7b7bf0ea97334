import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import type { WebhookMessage } from '@gistpool/contracts';
import type { EndNotice, TryOutcome, WebhookMail, WebhookTry } from '@gistpool/queue';
import { toJobView } from '../jobs/job-view';
import { Log } from '../log';
import { Lookout } from '../lookout';
import { toBatchObject } from '../openai/batches/batch-view';
import { Pool } from '../pool';
import { AddressRefused } from './address';
import { postMessage } from './post-message';
import { WebhookSettings } from './webhook-settings';

const LOOK_MS = 500;
const SENT_AT_ONCE = 8;
/** The receiver wants no more of it. */
const GONE = 410;

/** Tells of ended jobs and batches, signed as Standard Webhooks says. */
@Injectable()
export class WebhookRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lookout: Lookout;
  private readonly signers: readonly Webhook[];

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(WebhookSettings) private readonly settings: WebhookSettings,
    @Inject(Log) private readonly log: Log,
  ) {
    this.signers = settings.secrets.map((secret) => new Webhook(secret));
    this.lookout = new Lookout(pool, log, 'webhooks', LOOK_MS, (signal) => this.look(signal));
  }

  onApplicationBootstrap(): void {
    if (this.signers.length === 0) return;
    this.pool.webhooks.send((message) => this.attempt(message), { atOnce: SENT_AT_ONCE });
    this.lookout.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.lookout.stop();
  }

  private async look(signal: AbortSignal): Promise<void> {
    while (
      !signal.aborted &&
      (await this.pool.webhooks.post((notice) => this.mailOf(notice), this.settings)) > 0
    );
  }

  private async mailOf(notice: EndNotice): Promise<WebhookMail | undefined> {
    const { of, id, state } = notice;
    const type = `${of}.${state}`;
    const found = of === 'job' ? await this.job(id) : await this.batch(id);
    if (found?.to === undefined) return undefined;
    const timestamp = new Date(found.endedAtMs ?? Date.now()).toISOString();
    const message: WebhookMessage = { type, timestamp, data: found.data };
    return { to: found.to, about: id, type, body: JSON.stringify(message) };
  }

  private async job(id: string) {
    const job = await this.pool.jobs.get(id);
    const data = job && { ...toJobView(job, undefined, false) };
    return data && { to: job.webhook?.url, endedAtMs: job.finishedAtMs, data };
  }

  private async batch(id: string) {
    const batch = await this.pool.batches.get(id);
    const data = batch && { ...toBatchObject(batch) };
    return data && { to: batch.webhook?.url, endedAtMs: batch.atMs[batch.status], data };
  }

  private async attempt({ id, mail, attempt, isLast }: WebhookTry): Promise<TryOutcome> {
    const sentAt = new Date();
    const headers = {
      'user-agent': 'gistpool',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': this.signers.map((signer) => signer.sign(id, sentAt, mail.body)).join(' '),
    };
    const answer = await postMessage(mail.to, headers, mail.body, this.settings).catch(
      (error: Error) => error,
    );
    const status = typeof answer === 'number' ? answer : null;
    const isDelivered = status !== null && status >= 200 && status < 300;
    const isFinal = isLast || status === GONE || answer instanceof AddressRefused;
    const outcome = isDelivered ? 'delivered' : isFinal ? 'gave_up' : 'failed';
    await this.pool.webhooks.noteDelivery(mail.about, {
      id,
      type: mail.type,
      url: mail.to,
      attempt,
      at_ms: sentAt.getTime(),
      outcome,
      status,
      error: answer instanceof Error ? reasonOf(answer) : null,
    });
    if (!isDelivered)
      this.log.to.info(
        { job: mail.about, message: id, attempt, status, outcome },
        'a webhook was not delivered',
      );
    return isDelivered ? 'delivered' : isFinal ? 'never' : 'again';
  }
}

const reasonOf = (error: Error): string =>
  error.name === 'TimeoutError' || error.name === 'AbortError' ? 'no answer in time' : error.message;
