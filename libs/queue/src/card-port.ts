import type { Redis } from 'ioredis';
import type { CardView, ModelInfo } from '@gistpool/contracts';
import { BullQueues } from './bull';
import { cardLanesOf } from './card-shapes';
import { checkpointIn } from './checkpoint-text';
import { closeRedis, cutOff, openRedis } from './connection';
import { keepEventsMsOf } from './keep-events';
import { RedisLease, type LeaseContext } from './lease';
import { namesFor, type Names } from './names';
import { stopOf } from './outline';
import { placementIn } from './placement-text';
import type { QueueConfig } from './queue-config';
import { pairsToFields, recordOf } from './record';
import { reportCardScript, withdrawCardScript } from './scripts/card';
import { takeScript } from './scripts/take';
import { Subscriptions } from './subscriptions';
import { TokenCountServer } from './token-counts';
import type { CardPort, CountTokens, FormatProblem, Lease, Placement, StopRequest } from './types';

/** A card counts as gone after so many heartbeats that did not come. */
const MISSED_HEARTBEATS = 3;
const TAKE_AT_ONCE = 64;

/** Another process announced itself under the same card's name: this one must stop, its leases are gone. */
export class CardReplaced extends Error {
  constructor(card: string) {
    super(
      `another worker announced itself as ${card}; this one stops. Give each worker its own GISTPOOL_CARD.`,
    );
    this.name = 'CardReplaced';
  }
}

export function connectCardPort(config: QueueConfig, self: { card: string; incarnation: string }): CardPort {
  return new RedisCardPort(config, self.card, self.incarnation);
}

class RedisCardPort implements CardPort {
  private readonly names: Names;
  private readonly redis: Redis;
  /** Only `take` waits on it. */
  private readonly inboxConnection: Redis;
  private readonly bull: BullQueues;
  private readonly subscriptions: Subscriptions;
  private readonly leaseContext: LeaseContext;
  /** Last inbox entry that was taken; the inbox is this incarnation's alone, so no group is needed. */
  private inboxAt = '0-0';
  /** Jobs in this worker's hands, and which stop was passed on. */
  private readonly held = new Map<string, { told: StopRequest | undefined }>();
  private stopListener: ((jobId: string, stop: StopRequest) => void) | undefined;
  private count: CountTokens | undefined;
  private formatProblem: FormatProblem | undefined;
  private countServer: TokenCountServer | undefined;
  private model: string | undefined;
  private isClosed = false;

  constructor(
    private readonly config: QueueConfig,
    private readonly card: string,
    private readonly incarnation: string,
  ) {
    this.names = namesFor(config.prefix);
    this.redis = openRedis(config, `card-${card}`);
    this.inboxConnection = openRedis(config, `card-${card}-inbox`);
    this.bull = new BullQueues(this.redis, this.names, config.logger);
    this.subscriptions = new Subscriptions(config, `card-${card}`);
    this.leaseContext = {
      redis: this.redis,
      names: this.names,
      bull: this.bull,
      leaseMs: config.leaseMs,
      keepEventsMs: keepEventsMsOf(config),
      logger: config.logger,
      onReleased: (jobId) => this.held.delete(jobId),
    };
  }

  async announce(view: CardView, model: ModelInfo): Promise<void> {
    await this.subscriptions.subscribe(this.names.stopChannel, (message) => {
      const [jobId = '', stop] = message.split(' ');
      this.tellStop(jobId, stopOf(stop ?? '') ?? 'cancel');
    });
    await this.report(view, model);
    this.model = model.name;
    this.startCounting();
  }

  async heartbeat(view: CardView): Promise<{ handsBack: boolean }> {
    const reply = await this.report(view, undefined);
    await this.lookForStops();
    return { handsBack: reply === 'drain' };
  }

  async take(waitMs: number): Promise<Lease[]> {
    const inbox = this.names.inbox(this.card, this.incarnation);
    const found = await this.readInbox(inbox, waitMs);
    if (found.length === 0) return [];
    const placements = found.flatMap(([entry, fields]) => {
      const placement = placementIn(fields[1] ?? '');
      if (placement === undefined)
        this.config.logger?.warn({ entry }, 'what is no placement, or one of a later release, is passed over');
      return placement ?? [];
    });
    const leases = await this.accept(placements);
    this.inboxAt = found.at(-1)?.[0] ?? this.inboxAt;
    // Nobody waits for it: what was taken is not read again.
    this.redis
      .xtrim(inbox, 'MINID', this.inboxAt)
      .catch((error: unknown) => this.config.logger?.warn({ error: String(error) }, 'inbox not trimmed'));
    return leases;
  }

  onStop(listener: (jobId: string, stop: StopRequest) => void): void {
    this.stopListener = listener;
  }

  serveTokenCounts(count: CountTokens, formatProblem?: FormatProblem): void {
    this.count = count;
    this.formatProblem = formatProblem;
    this.startCounting();
  }

  async withdraw(): Promise<void> {
    await this.countServer?.stop();
    this.countServer = undefined;
    await withdrawCardScript.run(
      this.redis,
      [this.names.card(this.card), this.names.cards, this.names.inbox(this.card, this.incarnation)],
      [this.card, this.incarnation],
    );
    await this.redis.publish(this.names.changedChannel, '');
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.countServer?.stop();
    cutOff(this.inboxConnection);
    await this.bull.close();
    await this.subscriptions.close();
    await closeRedis(this.redis);
  }

  private async report(view: CardView, model: ModelInfo | undefined): Promise<'ok' | 'drain'> {
    const reply = (await reportCardScript.run(
      this.redis,
      [
        this.names.card(this.card),
        this.names.cards,
        this.names.placements(this.card),
        this.names.models,
        this.names.cardShapes,
      ],
      [
        this.names.prefix,
        this.card,
        this.incarnation,
        JSON.stringify(view),
        MISSED_HEARTBEATS * this.config.heartbeatMs,
        model?.name ?? '',
        model === undefined ? '' : JSON.stringify(model),
        this.names.bullPrefix,
        JSON.stringify(cardLanesOf(view)),
      ],
    )) as 'ok' | 'drain' | 'replaced';
    if (reply === 'replaced') throw new CardReplaced(this.card);
    return reply;
  }

  private async readInbox(inbox: string, waitMs: number): Promise<[id: string, fields: string[]][]> {
    try {
      const streams =
        waitMs > 0
          ? await this.inboxConnection.xread(
              'COUNT',
              TAKE_AT_ONCE,
              'BLOCK',
              Math.ceil(waitMs),
              'STREAMS',
              inbox,
              this.inboxAt,
            )
          : await this.inboxConnection.xread('COUNT', TAKE_AT_ONCE, 'STREAMS', inbox, this.inboxAt);
      return streams?.[0]?.[1] ?? [];
    } catch (error) {
      // `close` breaks a wait off; there is nothing to take any more.
      if (this.isClosed) return [];
      throw error;
    }
  }

  /** Without those whose lease ran out, or that ended, before this worker came to them. */
  private async accept(placements: readonly Placement[]): Promise<Lease[]> {
    const replies = (await takeScript.run(
      this.redis,
      placements.flatMap(({ queue, jobId }) => [
        this.names.lock(queue, jobId),
        this.names.stalled(queue),
        this.names.active(queue),
        this.names.record(jobId),
        this.names.checkpoint(jobId),
      ]),
      [this.config.leaseMs, this.incarnation, ...placements.flatMap(({ jobId, token }) => [jobId, token])],
    )) as ([record: string[], checkpoint: string | null] | null)[];
    return placements.flatMap((placement, at) => this.leaseOf(placement, replies[at] ?? null) ?? []);
  }

  private leaseOf(
    placement: Placement,
    reply: [record: string[], checkpoint: string | null] | null,
  ): Lease | undefined {
    const { jobId } = placement;
    const fields = reply === null ? {} : pairsToFields(reply[0]);
    const record = recordOf(fields);
    if (reply === null || record === undefined) {
      this.config.logger?.info({ job: jobId }, 'a placement came too late and was dropped');
      return undefined;
    }
    const stopRequested = stopOf(fields['cancel']);
    this.held.set(jobId, { told: stopRequested });
    const checkpoint = reply[1] === null ? undefined : checkpointIn(reply[1]);
    if (reply[1] !== null && checkpoint === undefined)
      this.config.logger?.warn({ job: jobId }, 'its checkpoint is damaged or of another version; it begins anew');
    return new RedisLease(
      this.leaseContext,
      placement,
      record,
      checkpoint,
      stopRequested,
      Number(fields['write'] ?? 0),
    );
  }

  /** Of a job that is not held here nothing is told: who takes it reads the flag, and what falls between is looked for. */
  private tellStop(jobId: string, stop: StopRequest): void {
    const known = this.held.get(jobId);
    if (known === undefined || known.told === stop) return;
    known.told = stop;
    this.stopListener?.(jobId, stop);
  }

  /** What was published can be lost while the connection is away; the flag cannot. */
  private async lookForStops(): Promise<void> {
    const jobIds = [...this.held.keys()];
    if (jobIds.length === 0) return;
    const reads = this.redis.pipeline();
    for (const jobId of jobIds) reads.hget(this.names.record(jobId), 'cancel');
    const replies = (await reads.exec()) ?? [];
    for (const [at, jobId] of jobIds.entries()) {
      const stop = stopOf(replies[at]?.[1] as string | null | undefined);
      if (stop !== undefined) this.tellStop(jobId, stop);
    }
  }

  private startCounting(): void {
    if (this.countServer || this.count === undefined || this.model === undefined) return;
    this.countServer = new TokenCountServer(
      this.config,
      this.names,
      this.redis,
      this.model,
      this.count,
      this.formatProblem,
    );
  }
}
