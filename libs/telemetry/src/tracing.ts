import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
} from '@opentelemetry/api';

/** Where in a trace something belongs, as W3C writes it: what a job's record keeps, and what clients send and get. */
export type Traceparent = string;

const VERSION_00 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Unix milliseconds; left out: now. */
  readonly startMs?: number;
  readonly links?: Link[];
}

/**
 * `parent` undefined, or no valid traceparent: a new trace begins. Attributes never hold text of prompts or answers.
 * Where tracing was not started this makes nothing.
 */
export function beginSpan(
  name: string,
  parent: Traceparent | Span | undefined,
  { startMs, ...options }: SpanOptions = {},
): Span {
  const timed = { ...options, ...(startMs === undefined ? {} : { startTime: startMs }) };
  return trace.getTracer('gistpool').startSpan(name, timed, contextOf(parent));
}

/** Something that is over, told at its end. */
export function span(
  name: string,
  parent: Traceparent | Span,
  startMs: number,
  endMs: number,
  attributes: Attributes = {},
): void {
  beginSpan(name, parent, { startMs, attributes }).end(endMs);
}

export function traceparentOf(one: Span): Traceparent {
  const { traceId, spanId, traceFlags } = one.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

export const linkTo = (one: Span): Link => ({ context: one.spanContext() });

export function markFailed(one: Span, message: string): void {
  one.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** What runs in `work`, and what it starts, finds the span as the active one. */
export const withSpan = <T>(one: Span, work: () => T): T =>
  context.with(trace.setSpan(context.active(), one), work);

export const activeSpan = (): Span | undefined => trace.getActiveSpan();

function contextOf(parent: Traceparent | Span | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  if (typeof parent !== 'string') return trace.setSpan(ROOT_CONTEXT, parent);
  const [, traceId = '', spanId = '', flags = '00'] = VERSION_00.exec(parent) ?? [];
  const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(found) ? trace.setSpanContext(ROOT_CONTEXT, found) : ROOT_CONTEXT;
}

export { SpanKind };
export type { Span };
