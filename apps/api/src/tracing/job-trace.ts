import { activeSpan, beginSpan, linkTo, traceparentOf } from '@gistpool/telemetry';

/** Where a new job's spans belong: to the request that submits it; jobs of a batch have a trace each, linked to it. */
export function traceOfNewJob(batch: string | undefined): { traceparent?: string } {
  const request = activeSpan();
  if (request === undefined) return {};
  if (batch === undefined) return { traceparent: traceparentOf(request) };
  const job = beginSpan('job of a batch', undefined, {
    attributes: { 'gistpool.batch': batch },
    links: [linkTo(request)],
  });
  job.end();
  return { traceparent: traceparentOf(job) };
}
