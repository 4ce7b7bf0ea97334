import { Gauge, Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serveProbes, type ProbeServer } from './probe-server';

let missing: string[];
let server: ProbeServer;

beforeEach(async () => {
  missing = [];
  const registry = new Registry();
  new Gauge({ name: 'gistpool_test', help: 'A test.', registers: [registry] }).set(7);
  server = await serveProbes({ port: 0, host: '127.0.0.1', registry, missing: () => missing });
});
afterEach(() => server.close());

it('tells the figures of its registry', async () => {
  const answer = await fetch(`${server.url}/metrics`);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  expect(await answer.text()).toContain('gistpool_test 7');
});

it('is alive as long as it answers, and ready when nothing is missing', async () => {
  missing = ['redis: no heartbeat was written for 4 s'];
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  const answer = await fetch(`${server.url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ ready: false, missing });
  missing = [];
  expect(await (await fetch(`${server.url}/readyz`)).json()).toEqual({ ready: true, missing: [] });
});

it('knows no other page', async () => {
  expect((await fetch(`${server.url}/v1/jobs`)).status).toBe(404);
});
