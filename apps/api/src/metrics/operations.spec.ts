import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetView } from '@gistpool/contracts';
import { connectDispatch } from '@gistpool/queue';
import { ModelPage } from '../fleet/model-page';
import { NANO } from '../testing/stand-in-card';
import { TestPool } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const json = async (path: string): Promise<unknown> => (await pool.fetch(path)).json();

describe('the fleet', () => {
  it('shows cards, models and how much waits', async () => {
    await pool.submit({ prompt: 'x' });
    const fleet = FleetView.parse(await json('/v1/fleet'));
    expect(fleet.cards.map((card) => card.card)).toEqual(['card-0']);
    expect(fleet).toMatchObject({ models: [NANO], waiting: 1, running: 0, scheduler: { leader: null } });
    await pool.worker.takeNext('reasoning.nano.default');
    expect(await json('/v1/fleet')).toMatchObject({ waiting: 0, running: 1 });
  });

  it('names the scheduler that leads', async () => {
    const dispatch = connectDispatch(pool.queueConfig, 'first');
    try {
      await dispatch.hold();
      expect(await json('/v1/fleet')).toMatchObject({ scheduler: { leader: 'first' } });
      await dispatch.resign();
      expect(await json('/v1/fleet')).toMatchObject({ scheduler: { leader: null } });
    } finally {
      await dispatch.close();
    }
  });

  it('lists models with the cards that serve them, in the form that other clients know', async () => {
    const page = ModelPage.parse(await json('/v1/models'));
    expect(page.data).toMatchObject([{ id: 'nano', object: 'model', largest_slot_cells: 512, cards: 1 }]);
  });
});

describe('health', () => {
  it('is told', async () => {
    expect(await json('/healthz')).toMatchObject({ ok: true });
    expect(await json('/readyz')).toEqual({ ready: true, missing: [] });
  });
});

describe('metrics', () => {
  const scrape = async () => (await pool.fetch('/metrics')).text();

  it('tell the pool as it is now', async () => {
    const before = Number(/^gistpool_waiting_jobs\{model="nano"\} (\d+)/m.exec(await scrape())?.[1]);
    await pool.submit({ prompt: 'x', tenant: 'somebody' });
    const text = await scrape();
    expect(text).toContain(`gistpool_waiting_jobs{model="nano"} ${before + 1}`);
    expect(text).not.toContain('somebody');
    expect(text).toMatch(/^gistpool_jobs\{state="waiting"\} [1-9]/m);
    expect(text).toContain('gistpool_cards{model="nano",state="ready"} 1');
    expect(text).toContain('gistpool_card_live_cells{card="card-0",model="nano"} 950');
    expect(text).toContain('gistpool_card_slots_busy{card="card-0",model="nano"} 5');
    expect(text).toContain('gistpool_redis_up 1');
    expect(text).toMatch(/^gistpool_redis_memory_bytes [1-9]\d+/m);
    expect(text).toMatch(/^gistpool_oldest_waiting_job_age_seconds [\d.]+/m);
  });

  it('count requests by route, so that ids make no series', async () => {
    const { id } = await pool.submit({ prompt: 'x' });
    await json(`/v1/jobs/${id}`);
    await json('/no/such/thing');
    const text = await scrape();
    expect(text).toMatch(
      /gistpool_http_request_duration_seconds_count\{method="GET",route="\/v1\/jobs\/:id",status="200"\} \d/,
    );
    expect(text).toMatch(/route="none",status="404"/);
    expect(text).not.toContain(id);
  });

  it('have a help line and a type for each family, and counters that end in _total', async () => {
    const lines = (await scrape()).split('\n');
    const families = lines
      .filter((line) => line.startsWith('# TYPE '))
      .map((line) => line.split(' ').slice(2));
    for (const [name, type] of families) {
      expect(lines.some((line) => line.startsWith(`# HELP ${name} `))).toBe(true);
      if (type === 'counter') expect(name).toMatch(/_total$/);
      else expect(name).not.toMatch(/_total$/);
    }
    expect(new Set(families.map(([name]) => name)).size).toBe(families.length);
  });
});

describe('the queue board', () => {
  it('shows a queue from its first job on', async () => {
    const names = async () => {
      const { queues } = (await json('/queues/api/queues?page=1&jobsPerPage=10')) as {
        queues: { name: string }[];
      };
      return queues.map((queue) => queue.name);
    };
    await names();
    await pool.submit({ prompt: 'x', tenant: 'board' });
    await expect.poll(names, { timeout: 10_000 }).toContain('reasoning.nano.board');
  });

  it('is to look at: what would change a queue is refused', async () => {
    const answer = await pool.fetch('/queues/api/queues/reasoning.nano.board/empty', { method: 'PUT' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const { waiting } = FleetView.parse(await json('/v1/fleet'));
    expect(waiting).toBeGreaterThan(0);
  });
});
