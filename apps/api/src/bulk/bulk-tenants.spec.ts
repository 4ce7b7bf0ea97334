import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BulkReceipt, JobView, KeyIssued } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { BOOTSTRAP_KEY, KeyedPool } from '../testing/keyed-pool';

let keyed: KeyedPool;
let acme: KeyIssued;
let rival: KeyIssued;
let job: string;
beforeAll(async () => {
  keyed = await KeyedPool.start();
  acme = await keyed.newKey({ tenant: 'acme', scopes: ['submit', 'read'] });
  rival = await keyed.newKey({ tenant: 'rival', scopes: ['submit', 'read'] });
  const made = await keyed.ask('POST', '/v1/jobs', acme.secret, { prompt: 'mine', tags: ['t'] });
  job = ((await made.json()) as JobView).id;
});
afterAll(() => keyed.stop());

const bulk = async (key: string, filter: object) =>
  (await (await keyed.ask('POST', '/v1/jobs/cancel', key, { filter })).json()) as BulkReceipt;

describe('orders of a tenant', () => {
  it('leave the jobs of another alone, whatever the filter says', async () => {
    for (const filter of [{ tag: 't' }, { ids: [job] }, { state: 'waiting' }, {}])
      expect(await bulk(rival.secret, filter)).toMatchObject({ matched: 0, changed: 0 });
    const named = await keyed.ask('POST', '/v1/jobs/cancel', rival.secret, { filter: { tenant: 'acme' } });
    expect((await errorOf(named)).status).toBe(403);
    const view = (await (await keyed.ask('GET', `/v1/jobs/${job}`, acme.secret)).json()) as JobView;
    expect(view.state).toBe('waiting');
  });

  it.each(['log', 'deliveries'])('do not find the %s of another', async (what) => {
    expect((await keyed.ask('GET', `/v1/jobs/${job}/${what}`, rival.secret)).status).toBe(404);
    expect((await keyed.ask('GET', `/v1/jobs/${job}/${what}`, acme.secret)).status).toBe(200);
  });

  it.each(['pause', 'resume', 'retry'])('do not %s a job of another', async (what) => {
    expect((await keyed.ask('POST', `/v1/jobs/${job}/${what}`, rival.secret)).status).toBe(404);
  });

  it('about many are told to who gave them, and to admins', async () => {
    const { id } = await bulk(acme.secret, { tag: 't' });
    expect((await keyed.ask('GET', `/v1/jobs/bulk/${id}`, rival.secret)).status).toBe(404);
    expect((await keyed.ask('GET', `/v1/jobs/bulk/${id}`, acme.secret)).status).toBe(200);
    expect((await keyed.ask('GET', `/v1/jobs/bulk/${id}`, BOOTSTRAP_KEY)).status).toBe(200);
  });

  it('about queues are for admins', async () => {
    expect((await keyed.ask('POST', '/v1/queues/pause', acme.secret, { model: 'nano' })).status).toBe(403);
    expect((await keyed.ask('GET', '/v1/queues', acme.secret)).status).toBe(403);
    expect((await keyed.ask('GET', '/v1/queues', BOOTSTRAP_KEY)).status).toBe(200);
  });
});
