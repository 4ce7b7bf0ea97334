import { fresh, linearSharing, newcomer, Outlook } from '@gistpool/core';
import { describe, expect, it } from 'vitest';
import { KnownCourse } from './known-course';
import { SimCard } from './sim-card';
import type { SimJob } from './sim-job';
import { SimPool } from './sim-pool';
import { SimSession } from './sim-session';

const time = { passMs: 5, sessionMs: 0.03, cellMs: 2e-5, sharing: linearSharing(0.01), prefillMs: 0.06 };
const plan = { pools: 1, cells: 1000, sessions: 4, sharing: 4 };
const course = { thoughtTokens: [800], tailTokens: 10 };
const job: SimJob = {
  jobId: '1',
  tenant: 'default',
  priority: 0,
  task: '',
  createdAtMs: 0,
  promptTokens: 100,
  course: () => course,
};

describe('a simulated pool', () => {
  it('lets in by what its sessions hold now, not by what they held at the last look', () => {
    const card = new SimCard('card', plan, time, (on, id, shape) => new SimPool(on, id, shape, { z: 0 }));
    const [pool] = card.pools;
    if (!pool) throw new Error('a card without its pool');
    const session = new SimSession(job, course, new KnownCourse(course, 10), undefined, 10);
    pool.add(session);
    pool.liveCells = session.liveCells;
    pool.start(session);
    const outlook = new Outlook();
    new KnownCourse({ thoughtTokens: [], tailTokens: 1 }, 10).addTo(outlook, fresh(150));
    const small = newcomer(151, outlook, 0);
    expect(pool.canAdmit(small)).toBe(true);
    card.step += 760;
    pool.liveCells += 760;
    expect(pool.canAdmit(small)).toBe(false);
    expect(pool.headroomCells).toBeLessThan(150);
  });
});
