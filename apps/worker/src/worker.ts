import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore } from '@gistpool/blob';
import type { CardView } from '@gistpool/contracts';
import type { Card, SessionReport } from '@gistpool/engine';
import { CardReplaced, LeaseLost, type CardPort, type Lease, type StopRequest } from '@gistpool/queue';
import type { Logger } from '@gistpool/telemetry';
import { Bell } from './bell';
import { CardCounts } from './card-counts';
import { CardReport } from './card-report';
import { HeldJob, type TakenOut } from './held-job';
import { LaneChange } from './lane-change';
import type { LaneKeeper } from './lane-keeper';
import type { OutboxEnd } from './outbox';
import type { WorkerMetrics } from './worker-metrics';

export interface WorkerParts {
  readonly card: Card;
  readonly cardName: string;
  readonly incarnation: string;
  readonly port: CardPort;
  readonly blobs: BlobStore;
  readonly log: Logger;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Left out: the card learns from its own sessions alone and keeps its lanes. */
  readonly keeper?: Keeper;
  readonly metrics?: WorkerMetrics;
}

/** Who looks after the lanes. */
export type Keeper = Pick<LaneKeeper, 'start' | 'stop' | 'look' | 'done'>;

const TAKE_WAIT_MS = 500;
const RETRY_MS = 250;
/** A job whose unwritten text grows beyond this makes the card wait for Redis. */
const MAX_BACKLOG_CHARS = 256 * 1024;
const DRAIN_MS = 8000;

/**
 * One card's loop: take in new jobs, drop cancelled and lost ones, decode one step, report.
 * The loop alone touches the card; timers and Redis only leave notes for it and ring the bell.
 * Redis is never awaited between two steps, unless a job's unwritten text has grown too long.
 */
export class Worker {
  private readonly held = new Map<string, HeldJob>();
  private readonly arrived: Lease[] = [];
  private readonly stops = new Map<string, StopRequest>();
  private readonly lost = new Set<HeldJob>();
  private readonly bell = new Bell();
  private readonly counts = new CardCounts();
  private readonly report: CardReport;
  private readonly change: LaneChange | undefined;
  private view: CardView;
  /** By the clock that no hand moves, as all that lasts here. */
  private viewAtMs = 0;
  private isBeating = false;
  private isStopping = false;
  /** An operator drains the card: what is at work goes at its next checkpoint, or ends here if it has none before. */
  private handsBack = false;
  private replaced: CardReplaced | undefined;
  /** A cancelled session's last report is still in the card. */
  private hasCancelled = false;
  private toldAtMs = -Infinity;

  constructor(private readonly parts: WorkerParts) {
    this.report = new CardReport(parts.card, parts.cardName, parts.incarnation, this.counts);
    this.view = this.report.view('ready');
    this.change = parts.keeper && new LaneChange(parts.card, parts.keeper);
  }

  /** Since the pool heard of this card last, by the monotonic clock. Grows while Redis is away. */
  get untoldMs(): number {
    return performance.now() - this.toldAtMs;
  }

  /** Resolves when `stop` was called and everything is handed back or written. */
  async run(): Promise<void> {
    const { card, port, log, leaseMs, heartbeatMs } = this.parts;
    port.onStop((jobId, stop) => this.noteStop(jobId, stop));
    port.serveTokenCounts(
      (messages) => card.countTokens(messages),
      (format) => card.formatProblem(format),
    );
    await port.announce(this.view, card.model);
    this.toldAtMs = performance.now();
    log.info({ model: card.model, device: card.device, kvBytes: card.kvBytes }, 'card is ready');

    const heartbeat = setInterval(() => void this.beat(), heartbeatMs);
    const extension = setInterval(() => this.extendLeases(), leaseMs / 3);
    const taking = this.takePlacements();
    this.parts.keeper?.start(() => this.bell.ring());
    try {
      await this.decode();
      await this.drain(taking);
      if (this.replaced !== undefined) throw this.replaced;
    } finally {
      clearInterval(heartbeat);
      clearInterval(extension);
      this.parts.keeper?.stop();
    }
  }

  /** Stops taking jobs, hands back what is in the slots with its newest checkpoint, then `run` resolves. */
  stop(): void {
    this.isStopping = true;
    this.bell.ring();
  }

  private async decode(): Promise<void> {
    const { card, heartbeatMs } = this.parts;
    while (!this.isStopping) {
      if (card.sessions() === 0 && this.arrived.length === 0) await this.bell.wait(heartbeatMs);
      this.dropLost();
      this.dropStopped();
      this.admitArrived();
      await this.changeLanes();
      if (card.sessions() > 0 || this.hasCancelled) {
        this.hasCancelled = false;
        const startedAtMs = performance.now();
        const reports = await card.step();
        this.parts.metrics?.stepTook(performance.now() - startedAtMs);
        for (const report of reports) this.pass(report);
        if (this.handsBack) this.handBackAt(reports);
        await this.letRedisCatchUp();
      }
      this.lookAtCard(this.change?.isUnderWay ? 'reshaping' : 'ready');
    }
  }

  private async changeLanes(): Promise<void> {
    if (this.change === undefined || this.handsBack || this.isStopping) return;
    await this.change.goOn(
      (report) => this.pass(report),
      (jobs) =>
        Promise.all(jobs.map((job) => this.held.get(job)?.outbox.idle())).finally(() => this.bell.ring()),
    );
  }

  private pass(report: SessionReport): void {
    const { jobId: job, kind } = report;
    this.counts.hear(report);
    // Before anything of it is written: what a killed worker had done is in its log.
    if (kind === 'compression')
      this.parts.log.debug({ job, thought: report.thought }, 'a thought is compressed');
    this.held.get(job)?.hear(report);
  }

  private admitArrived(): void {
    for (const lease of this.arrived.splice(0)) {
      const job = this.hold(lease);
      const stop = this.stops.get(job.id) ?? lease.stopRequested;
      this.stops.delete(job.id);
      if (stop === undefined) this.admit(job);
      else job.stop(stop);
    }
  }

  private handBackAt(reports: readonly SessionReport[]): void {
    for (const { kind, jobId } of reports) {
      const job = this.held.get(jobId);
      if (kind !== 'compression' || job === undefined || job.outbox.isClosing) continue;
      job.handBack(this.takeOut(jobId));
    }
  }

  /** Undefined: its session is not in the card. */
  private takeOut(jobId: string): TakenOut | undefined {
    const { card } = this.parts;
    const use = card.useOf(jobId);
    const checkpoint = card.evict(jobId);
    return use && checkpoint && { checkpoint, use };
  }

  private admit(job: HeldJob): void {
    const { card, log } = this.parts;
    try {
      const refusal = card.admit(job.request);
      if (refusal === undefined) return job.admitted();
      log.warn({ job: job.id, refusal }, 'the card refused a placement');
      if (refusal.code === 'does-not-fit') {
        this.counts.handBacks += 1;
        job.doesNotFit(refusal.needsCells);
      } else job.handBack();
    } catch (error) {
      log.error({ job: job.id, err: error }, 'the card could not take a job in');
      job.failed('internal', `job ${job.id} could not be started: ${(error as Error).message}`);
    }
  }

  /** From here on the job is extended, and forgotten when its last write is made or its lease is lost. */
  private hold(lease: Lease): HeldJob {
    const { cardName, blobs, log } = this.parts;
    const id = lease.job.id;
    const earlier = this.held.get(id);
    if (earlier !== undefined) {
      earlier.outbox.abandon(new LeaseLost(id));
      this.parts.card.evict(id);
    }
    const job = new HeldJob(lease, cardName, blobs, (error) => {
      log.warn({ job: id, err: error }, 'a write is retried');
      this.parts.metrics?.writeIsRetried();
    });
    this.held.set(id, job);
    void job.outbox.ended.then((end) => {
      this.noteLeft(job, end.kind);
      // It may come back, and nobody has asked to stop it then.
      this.stops.delete(id);
      if (end.kind === 'lost') {
        log.warn({ job: id, err: end.error }, 'the job is dropped');
        this.lost.add(job);
        this.bell.ring();
      } else if (this.held.get(id) === job) {
        this.held.delete(id);
      }
    });
    return job;
  }

  private noteLeft({ id, leaving, trace }: HeldJob, end: OutboxEnd['kind']): void {
    const { outcome = 'lost', usage } = end === 'written' ? (leaving ?? {}) : {};
    this.parts.metrics?.jobLeft(outcome, usage);
    trace?.end(outcome);
    const { thoughts, run_ms: runMs } = usage ?? {};
    this.parts.log.info({ job: id, outcome, ...(usage && { thoughts, runMs }) }, 'the job left the card');
  }

  private dropLost(): void {
    for (const job of this.lost) {
      if (this.held.get(job.id) !== job) continue;
      this.parts.card.evict(job.id);
      this.held.delete(job.id);
    }
    this.lost.clear();
  }

  private noteStop(jobId: string, stop: StopRequest): void {
    this.stops.set(jobId, stop);
    this.bell.ring();
  }

  /** The last report of a cancelled session comes out of the next step; a paused one leaves with its checkpoint. */
  private dropStopped(): void {
    const { card } = this.parts;
    for (const [jobId, stop] of this.stops) {
      const job = this.held.get(jobId);
      if (job === undefined) continue;
      this.stops.delete(jobId);
      if (job.outbox.isClosing) continue;
      if (stop === 'pause') {
        job.pause(this.takeOut(jobId));
      } else {
        job.isExpiring = stop === 'expire';
        if (card.cancel(jobId)) this.hasCancelled = true;
      }
    }
  }

  private async letRedisCatchUp(): Promise<void> {
    for (const job of this.held.values()) {
      while (job.outbox.backlogChars > MAX_BACKLOG_CHARS && !this.isStopping) {
        await Promise.race([job.outbox.idle(), sleep(RETRY_MS)]);
      }
    }
  }

  private async takePlacements(): Promise<void> {
    while (!this.isStopping) {
      try {
        const leases = await this.parts.port.take(TAKE_WAIT_MS);
        this.arrived.push(...leases);
        if (leases.length > 0) this.bell.ring();
      } catch (error) {
        this.parts.log.warn({ err: error }, 'placements could not be read');
        await sleep(RETRY_MS);
      }
    }
  }

  private extendLeases(): void {
    for (const job of this.held.values()) {
      if (job.isExtending) continue;
      job.isExtending = true;
      job.lease
        .extend()
        .catch((error: unknown) => {
          // A closing job's last write finds out by itself: the lease also ends when that write succeeds.
          if (error instanceof LeaseLost && !job.outbox.isClosing) job.outbox.abandon(error);
        })
        .finally(() => (job.isExtending = false));
    }
  }

  private lookAtCard(state: CardView['state']): void {
    if (state === this.view.state && performance.now() - this.viewAtMs < this.parts.heartbeatMs / 2) return;
    this.view = this.report.view(state);
    this.viewAtMs = performance.now();
  }

  private async beat(): Promise<void> {
    if (this.isBeating) return;
    this.isBeating = true;
    try {
      const { view } = this;
      const { handsBack } = await this.parts.port.heartbeat({ ...view, heartbeat_at_ms: Date.now() });
      this.toldAtMs = performance.now();
      if (view.state === 'reshaping') this.change?.wasTold();
      if (handsBack !== this.handsBack)
        this.parts.log.info(handsBack ? 'draining by order' : 'taking jobs again');
      this.handsBack = handsBack;
    } catch (error) {
      if (error instanceof CardReplaced) this.replaced = error;
      if (this.replaced !== undefined) this.stop();
      else this.parts.log.warn({ err: error }, 'a heartbeat was not written');
    } finally {
      this.isBeating = false;
    }
  }

  private async drain(taking: Promise<void>): Promise<void> {
    const { log } = this.parts;
    const startedAtMs = performance.now();
    this.lookAtCard('draining');
    void this.beat();
    await Promise.race([taking, sleep(DRAIN_MS / 2)]);
    for (const lease of this.arrived.splice(0)) this.hold(lease).handBack();
    for (const job of this.held.values()) {
      if (!job.outbox.isClosing) job.handBack(this.takeOut(job.id));
    }
    const jobs = [...this.held.values()];
    await Promise.race([Promise.all(jobs.map((job) => job.outbox.ended)), sleep(DRAIN_MS / 2)]);
    log.info(
      { jobs: jobs.length, left: this.held.size, ms: Math.round(performance.now() - startedAtMs) },
      'drained',
    );
  }
}
