import type { SessionReport } from '@gistpool/engine';
import type { Lease } from '@gistpool/queue';
import { beginSpan, markFailed, span, type Span } from '@gistpool/telemetry';
import type { JobOutcome } from './worker-metrics';

/**
 * One stay of a job on a card as spans: `run`, and in it `prefill`, a `thought` each, `answer` and `complete` (the last
 * writes). Numbers only; no text of the job.
 */
export class JobTrace {
  private run: Span | undefined;
  /** When the part that is going on began. */
  private sinceMs = 0;
  private isPrefilling = true;
  private isAnswering = false;
  private isFinished = false;

  private constructor(
    private readonly lease: Lease,
    private readonly traceparent: string,
    private readonly card: string,
  ) {}

  static of(lease: Lease, card: string): JobTrace | undefined {
    const { traceparent } = lease.job;
    return traceparent === undefined ? undefined : new JobTrace(lease, traceparent, card);
  }

  begin(): void {
    const { job, placement, checkpoint } = this.lease;
    this.sinceMs = Date.now();
    this.run = beginSpan('run', this.traceparent, {
      startMs: this.sinceMs,
      attributes: {
        'gistpool.job': job.id,
        'gistpool.model': job.model,
        'gistpool.card': this.card,
        'gistpool.lane': placement.lane,
        'gistpool.reserved_cells': placement.reservedCells,
        'gistpool.prompt_tokens': job.promptTokens,
        'gistpool.resumed_tokens': checkpoint?.sampled.length ?? 0,
      },
    });
  }

  hear(report: SessionReport): void {
    const { run } = this;
    if (run === undefined) return;
    // The first that a session tells comes after its prompt, and what it goes on from, is in the cache.
    if (this.isPrefilling) this.over(run, 'prefill');
    this.isPrefilling = false;
    switch (report.kind) {
      case 'thought': {
        const { thought, tokens } = report;
        return this.over(run, 'thought', { 'gistpool.thought': thought, 'gistpool.tokens': tokens });
      }
      case 'compression': {
        const { thought, cellsBefore, cellsAfter } = report;
        const cells = { 'gistpool.cells_before': cellsBefore, 'gistpool.cells_after': cellsAfter };
        run.addEvent('compressed', { 'gistpool.thought': thought, ...cells });
        return;
      }
      case 'answer-begins':
        this.sinceMs = Date.now();
        this.isAnswering = true;
        return;
      case 'moved':
        run.addEvent('moved', { 'gistpool.lane': report.lane });
        return;
      case 'parked':
        run.addEvent('parked', { 'gistpool.cells': report.cells });
        return;
      case 'finish': {
        const { answerTokens, thoughts, peakCells } = report.accounting;
        if (this.isAnswering) this.over(run, 'answer', { 'gistpool.tokens': answerTokens });
        run.setAttributes({ 'gistpool.thoughts': thoughts, 'gistpool.peak_cells': peakCells });
        this.sinceMs = Date.now();
        this.isFinished = true;
      }
    }
  }

  end(outcome: JobOutcome): void {
    const { run } = this;
    if (run === undefined) return;
    if (this.isFinished) this.over(run, 'complete');
    run.setAttribute('gistpool.outcome', outcome);
    if (outcome === 'failed' || outcome === 'lost') markFailed(run, outcome);
    run.end(Date.now());
  }

  private over(run: Span, name: string, attributes: Parameters<typeof span>[4] = {}): void {
    const nowMs = Date.now();
    span(name, run, this.sinceMs, nowMs, attributes);
    this.sinceMs = nowMs;
  }
}
