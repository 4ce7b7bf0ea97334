import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { dice } from './testing/dice';
import { Bench, outcomes, request, runAlone } from './testing/card.fixture';
import type { SessionReport, SessionRequest } from './types';

describe('a lane in turmoil', () => {
  const bench = new Bench();
  let card: LaneCard;
  beforeAll(async () => {
    card = await bench.card(bench.model('turmoil', { gists: 2 }), {
      lanes: [{ slots: 6, cells: 256 }],
      prefillChunk: 32,
    });
  });
  afterAll(() => bench.close());

  it.each([1, 2, 3])(
    'admits, cancels, hands back and resumes at random, and every job says what it says alone (dice %i)',
    async (seed) => {
      const roll = dice(seed);
      const jobs = Array.from({ length: 16 }, (_, index) =>
        request(`job-${String(index)}`, {
          prompt: 'why '.repeat(1 + roll(12)),
          limits: { max_tokens: 20 + roll(120), max_thoughts: 12, max_thought_tokens: 8 + roll(30) },
          sampling: roll(2) === 0 ? {} : { temperature: 0.8, seed: index },
        }),
      );
      const alone = new Map<string, string | undefined>();
      for (const job of jobs) alone.set(job.jobId, (await runAlone(card, job)).finish?.text);

      const waiting: SessionRequest[] = [...jobs];
      const running = new Map<string, SessionRequest>();
      const cancelled = new Set<string>();
      const reports: SessionReport[] = [];
      while (waiting.length > 0 || card.sessions() > 0) {
        const next = waiting[0];
        if (next !== undefined && roll(3) === 0 && card.admit(next) === undefined) {
          waiting.shift();
          running.set(next.jobId, next);
        }
        const victim = [...running.values()][roll(running.size)];
        if (victim !== undefined && roll(12) === 0) {
          running.delete(victim.jobId);
          if (roll(3) === 0) {
            card.cancel(victim.jobId);
            cancelled.add(victim.jobId);
          } else {
            const checkpoint = card.evict(victim.jobId);
            if (checkpoint === undefined) throw new Error(`${victim.jobId} was not there`);
            waiting.push({ ...victim, checkpoint });
          }
        }
        const news = await card.step();
        for (const report of news) if (report.kind === 'finish') running.delete(report.jobId);
        reports.push(...news);
        expect(card.check()).toEqual([]);
      }
      const ends = outcomes(reports);
      for (const job of jobs) {
        const finish = ends.get(job.jobId)?.finish;
        if (cancelled.has(job.jobId))
          expect(alone.get(job.jobId)?.startsWith(finish?.text ?? '-')).toBe(true);
        else expect(finish?.text).toBe(alone.get(job.jobId));
      }
    },
  );
});
