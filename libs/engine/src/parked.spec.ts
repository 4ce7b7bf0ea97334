import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, type Outcome, outcomes, request, runAll, runAlone } from './testing/card.fixture';
import type { SessionReport, SessionRequest } from './types';

describe('a parked session', () => {
  const bench = new Bench();
  const folder = join(bench.folder, 'parked');
  const quotaBytes = 2 ** 24;
  let card: LaneCard;
  beforeAll(async () => {
    const lanes = [
      { slots: 1, cells: 512 },
      { slots: 3, cells: 512 },
    ];
    card = await bench.card(bench.model('parked', { gists: 3 }), { lanes, park: { folder, quotaBytes } });
  });
  afterEach(() => {
    bench.expectSoundCards();
    expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });
  afterAll(() => bench.close());

  const greedy = {};
  const seeded = { temperature: 0.9, top_k: 40, top_p: 0.95, min_p: 0.01, seed: 1234 };
  const penalised = { repeat_penalty: 1.3 };
  /** Before its prompt, after it, in a thought, in each step of a compression, and later on. */
  const STEPS = [0, 1, 14, 25, 26, 27, 28, 29, 90];

  /** Parks the job after so many steps, while its slot is given to others, and lets it come back. */
  async function parkAfter(job: SessionRequest, step: number, whileParked = () => {}): Promise<Outcome> {
    const reports: SessionReport[] = [];
    card.admit(job);
    for (let index = 0; index < step; index++) reports.push(...(await card.step()));
    expect(await card.park(job.jobId, reports)).toBe(true);
    expect(card.parked().sessions).toBe(1);
    const limits = { max_tokens: 40, max_thoughts: 20, max_thought_tokens: 24 };
    expect(card.admit(request('newcomer', { limits }))).toBeUndefined();
    whileParked();
    while (card.sessions() > 0) reports.push(...(await card.step()));
    const outcome = outcomes(reports).get(job.jobId);
    if (outcome === undefined) throw new Error('nothing was reported');
    return outcome;
  }

  /** All that it says and does, but for the way it took. */
  const told = ({ reports }: Outcome) =>
    reports.filter(({ kind }) => kind !== 'parked' && kind !== 'moved').map(withoutReplayed);

  /** Nor what it cost. */
  const withoutReplayed = (report: SessionReport): unknown =>
    report.kind === 'finish'
      ? {
          ...report,
          kvByteSeconds: undefined,
          accounting: { ...report.accounting, replayedTokens: undefined },
        }
      : { ...report, use: undefined };

  it.each([
    ['greedy', greedy],
    ['seeded', seeded],
    ['with a repeat penalty', penalised],
  ])(
    '%s: goes on in another slot from its saved cells and tells what it tells alone',
    async (_name, sampling) => {
      const job = request('whole', { sampling });
      const alone = await runAlone(card, job);
      for (const step of STEPS) {
        const parked = await parkAfter(job, step);
        expect([step, told(parked)]).toEqual([step, told(alone)]);
        expect(parked.finish?.accounting.replayedTokens).toBe(0);
        expect(parked.reports.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
      }
    },
  );

  it.each([
    ['greedy', greedy],
    ['seeded', seeded],
    ['with a repeat penalty', penalised],
  ])('%s: goes on from its token ids when its file is spoilt', async (_name, sampling) => {
    const job = request('whole', { sampling });
    const alone = await runAlone(card, job);
    for (const step of [14, 27, 90]) {
      const parked = await parkAfter(job, step, () => {
        for (const name of readdirSync(folder)) truncateSync(join(folder, name), 1000);
      });
      expect([step, told(parked)]).toEqual([step, told(alone)]);
    }
  });

  it.each([
    ['f16', false],
    ['q8_0', true],
  ] as const)(
    'of a card with a %s cache says what it says alone, bit by bit',
    async (kvType, flashAttention) => {
      const lanes = [
        { slots: 1, cells: 512 },
        { slots: 2, cells: 512 },
      ];
      const other = await bench.card(bench.model('wide-heads', { gists: 3, heads: 2 }), {
        lanes,
        kvType,
        flashAttention,
      });
      const job = request('whole', { sampling: seeded });
      const alone = (await runAlone(other, job)).finish;
      other.admit(job);
      for (let index = 0; index < 60; index++) await other.step();
      await other.park(job.jobId, []);
      other.admit(request('newcomer'));
      const finish = (await runAll(other)).get(job.jobId)?.finish;
      expect({ ...finish, kvByteSeconds: alone?.kvByteSeconds }).toEqual(alone);
      expect(finish?.accounting.replayedTokens).toBe(0);
    },
  );

  it('that is cancelled ends at the next step, and its file goes', async () => {
    const reports: SessionReport[] = [];
    card.admit(request('goes'));
    for (let index = 0; index < 20; index++) await card.step();
    await card.park('goes', reports);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(card.cancel('goes')).toBe(true);
    expect(await card.step()).toEqual([
      expect.objectContaining({ jobId: 'goes', kind: 'finish', reason: 'cancelled' }),
    ]);
  });

  it('that is evicted leaves its checkpoint, from which it goes on elsewhere', async () => {
    const job = request('elsewhere', { sampling: seeded });
    const alone = await runAlone(card, job);
    card.admit(job);
    for (let index = 0; index < 60; index++) await card.step();
    await card.park(job.jobId, []);
    const checkpoint = card.evict(job.jobId);
    if (checkpoint === undefined) throw new Error('it was not there');
    expect(card.sessions()).toBe(0);
    expect((await runAlone(card, { ...job, checkpoint })).finish?.text).toBe(alone.finish?.text);
  });

  it('is none where the quota has no room: it stays where it is', async () => {
    const park = { folder: join(bench.folder, 'none'), quotaBytes: 1000 };
    const small = await bench.card(bench.model('small', { gists: 3 }), { park });
    const job = request('stays');
    const alone = await runAlone(small, job);
    const reports: SessionReport[] = [];
    small.admit(job);
    for (let index = 0; index < 60; index++) reports.push(...(await small.step()));
    expect(await small.park(job.jobId, reports)).toBe(false);
    while (small.sessions() > 0) reports.push(...(await small.step()));
    expect(outcomes(reports).get(job.jobId)?.finish?.text).toBe(alone.finish?.text);
    expect(readdirSync(park.folder)).toEqual([]);
  });
});
