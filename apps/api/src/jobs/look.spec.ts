import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetView, JobCounts, JobPage, JobRequest, StoredRequest } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { TestPool, USAGE } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const json = async (path: string): Promise<unknown> => (await pool.fetch(path)).json();
const listed = async (query: string) =>
  JobPage.parse(await json(`/v1/jobs?${query}`)).data.map((job) => job.id);

describe('a search', () => {
  it('finds text of id, custom_id, prompt and metadata in any case, among the jobs that the filters leave', async () => {
    const { id: prompt } = await pool.submit({ prompt: 'Where is the PIANO?', tenant: 'search' });
    const { id: custom } = await pool.submit({ prompt: 'x', custom_id: 'piano-7', tenant: 'search' });
    const { id: tagged } = await pool.submit({ prompt: 'x', metadata: { set: 'Pianos' }, tenant: 'search' });
    await pool.submit({ prompt: 'x', tenant: 'search' });
    await pool.submit({ prompt: 'another piano', tenant: 'elsewhere' });
    expect(await listed('search=piano&tenant=search')).toEqual([tagged, custom, prompt]);
    expect(await listed(`search=${custom.toUpperCase()}`)).toEqual([custom]);
    expect(await listed('search=no%20such%20text')).toEqual([]);
  });

  it('goes on from page to page and finds each job once', async () => {
    const sent = [];
    for (let at = 0; at < 7; at += 1)
      sent.push((await pool.submit({ prompt: at % 2 === 0 ? 'an even harp' : 'x', tenant: 'paged' })).id);
    const first = JobPage.parse(await json('/v1/jobs?search=harp&tenant=paged&limit=3'));
    const second = JobPage.parse(
      await json(`/v1/jobs?search=harp&tenant=paged&limit=3&cursor=${first.next_cursor}`),
    );
    expect([...first.data, ...second.data].map((job) => job.id)).toEqual(
      sent.filter((_, at) => at % 2 === 0).reverse(),
    );
    expect(second.next_cursor).toBeNull();
  });
});

describe('jobs by their ids', () => {
  it('come in that order, without those that are not there', async () => {
    const [a, b] = [await pool.submit({ prompt: 'a' }), await pool.submit({ prompt: 'b' })];
    expect(await listed(`ids=${a.id},job_none,${b.id}`)).toEqual([a.id, b.id]);
    expect(await errorOf(await pool.fetch('/v1/jobs?ids=a,,b'))).toMatchObject({ status: 400, param: 'ids' });
  });
});

describe('the counts of states', () => {
  it('are those of the jobs that the query leaves, with the job that has waited longest', async () => {
    const other = await TestPool.start();
    const first = await other.submit({ prompt: 'x', tenant: 'a', task: 'sums' });
    await other.submit({ prompt: 'x', tenant: 'a' });
    await other.submit({ prompt: 'x', tenant: 'b', task: 'sums' });
    const counts = async (query: string) =>
      JobCounts.parse(await (await other.fetch(`/v1/jobs/counts?${query}`)).json());
    expect(await counts('')).toMatchObject({
      states: { waiting: 3, completed: 0 },
      oldest_waiting: { id: first.id, created_at_ms: first.created_at_ms },
    });
    expect((await counts('tenant=a&task=sums')).states.waiting).toBe(1);
    const lease = await other.worker.takeNext('reasoning.nano.a');
    await lease.complete(USAGE, 'stop');
    expect((await counts('tenant=a')).states).toMatchObject({ waiting: 1, completed: 1 });
    expect((await counts('batch=none')).states).toMatchObject({ waiting: 0, completed: 0 });
    await other.stop();
  });

  it('name no oldest job where none waits', async () => {
    const other = await TestPool.start({ withCard: false });
    expect(await (await other.fetch('/v1/jobs/counts')).json()).toMatchObject({ oldest_waiting: null });
    expect(await errorOf(await other.fetch('/v1/jobs/counts?state=waiting'))).toMatchObject({ status: 400 });
    await other.stop();
  });
});

describe('what was asked for', () => {
  it('is told with what it left out, and can be sent again as it is', async () => {
    const { id } = await pool.submit({ prompt: 'a b', sampling: { temperature: 1 }, metadata: { k: 'v' } });
    const request = StoredRequest.parse(await json(`/v1/jobs/${id}/request`));
    expect(request).toMatchObject({
      model: 'nano',
      messages: [{ role: 'user', content: 'a b' }],
      metadata: { k: 'v' },
      limits: { max_tokens: expect.any(Number) as number },
      sampling: { temperature: 1, seed: expect.any(Number) as number },
    });
    expect(JobRequest.safeParse(request).success).toBe(true);
    expect(await errorOf(await pool.fetch('/v1/jobs/job_none/request'))).toMatchObject({ status: 404 });
  });
});

describe('the fleet', () => {
  it('shows what the job in a slot was predicted', async () => {
    const { id } = await pool.submit({ prompt: 'a b c', tenant: 'slots' });
    const lease = await pool.worker.takeNext('reasoning.nano.slots');
    const { view } = pool.worker;
    const lanes = view.lanes.map((lane) => ({
      ...lane,
      slots: lane.slots.map((slot) => (slot.slot === 0 ? { ...slot, job: id } : slot)),
    }));
    await pool.worker.port.heartbeat({ ...view, lanes, heartbeat_at_ms: Date.now() });
    const fleet = FleetView.parse(await json('/v1/fleet'));
    const { predicted_peak_cells: predicted } = await pool.get(id);
    expect(fleet.cards[0]?.lanes[0]?.slots[0]?.predicted_cells).toBe(predicted);
    expect(fleet.cards[0]?.lanes[0]?.slots[1]?.predicted_cells).toBeUndefined();
    await lease.handBack();
  });
});
