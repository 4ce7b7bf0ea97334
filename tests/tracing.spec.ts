import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTerminal } from '@gistpool/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { OtlpReceiver } from './support/otlp-receiver';
import { QUESTION, ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const CLIENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const NAMES = [...new Set(QUESTION.match(/Sherrie|Vernell|Alexis|Michaela|Elanor/g))];

let receiver: OtlpReceiver;
let pool: RunningPool;
let returned: string | null;
let job: { id: string; thoughts: number };

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
  pool = await RunningPool.start({ env });
  const answer = await fetch(`${pool.url}/v1/jobs`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${CLIENT.traceId}-${CLIENT.spanId}-01`,
    },
    body: JSON.stringify(ramblingJob(120)),
  });
  returned = answer.headers.get('traceparent');
  const { id } = (await answer.json()) as { id: string };
  job = await eventually('the job ends', async () => {
    const { state, usage } = await pool.job(id);
    return isTerminal(state) && { id, thoughts: usage?.thoughts ?? 0 };
  });
}, 4 * MINUTE_MS);

afterAll(async () => {
  await pool.remove();
  receiver.close();
});

it('a job is one trace, the client’s, from its request to its end', async () => {
  await eventually('the run is received', () =>
    receiver.ofTrace(CLIENT.traceId).some(({ name }) => name === 'run'),
  );
  const spans = receiver.ofTrace(CLIENT.traceId);
  const only = (name: string) => {
    const found = spans.filter((span) => span.name === name);
    expect(found, name).toHaveLength(1);
    return found[0];
  };
  const request = only('POST /v1/jobs');
  expect(request).toMatchObject({ service: 'gistpool-api', parentSpanId: CLIENT.spanId });
  expect(returned).toBe(`00-${CLIENT.traceId}-${request?.spanId}-01`);
  for (const name of ['queue', 'place'])
    expect(only(name)).toMatchObject({ service: 'gistpool-scheduler', parentSpanId: request?.spanId });
  const run = only('run');
  expect(run).toMatchObject({ service: 'gistpool-worker', parentSpanId: request?.spanId });
  for (const name of ['prefill', 'complete']) expect(only(name)?.parentSpanId).toBe(run?.spanId);
  const thoughts = spans.filter(({ name }) => name === 'thought');
  expect(job.thoughts).toBeGreaterThan(2);
  expect(thoughts).toHaveLength(job.thoughts);
  for (const thought of thoughts) expect(thought.parentSpanId).toBe(run?.spanId);
});

it('each job of a batch has a trace of its own', async () => {
  const before = new Set(receiver.spans.map(({ traceId }) => traceId));
  const { id } = await pool.submitBatch([ramblingJob(30, 1), ramblingJob(30, 2)]);
  await pool.untilEnded(id, MINUTE_MS);
  const runs = () => receiver.spans.filter(({ name, traceId }) => name === 'run' && !before.has(traceId));
  await eventually('both runs are received', () => runs().length === 2);
  expect(new Set(runs().map(({ traceId }) => traceId)).size).toBe(2);
});

it('no span and no log line at info holds words of a prompt, and what happens to a job names it and its card', () => {
  const logs = readdirSync(join(pool.dataDir, 'logs')).map((name) =>
    readFileSync(join(pool.dataDir, 'logs', name), 'utf8'),
  );
  const log = logs.join('\n');
  for (const name of NAMES) {
    expect(receiver.text).not.toContain(name);
    expect(log).not.toContain(name);
  }
  expect(NAMES.length).toBeGreaterThan(3);
  const lines = log.split('\n').filter((line) => line.includes(job.id));
  const told = lines.map((line) => JSON.parse(line) as { job?: string; card?: string; msg?: string });
  expect(told.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['placed', 'the job left the card']));
  for (const line of told) expect(line).toMatchObject({ job: job.id, card: 'card-0' });
});
