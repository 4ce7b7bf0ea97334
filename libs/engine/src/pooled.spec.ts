import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Engine, type EngineContext, EngineModel } from './binding';
import type { LaneCard } from './card';
import { dice } from './testing/dice';
import { Bench, outcomes, request, runAlone } from './testing/card.fixture';
import { PooledTrial } from './testing/pooled-trial';
import { whyNoPools } from './testing/pooled.fixture';
import type { SessionReport, SessionRequest } from './types';

const missing = whyNoPools();

describe.skipIf(missing !== undefined)(
  `pools that sessions share${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    const bench = new Bench();
    let model: EngineModel;
    const VOCABULARY = 512;
    beforeAll(async () => {
      expect(Engine.preparePools('cpu')).toBeUndefined();
      model = await EngineModel.load(await Engine.start('cpu'), bench.model('exact'));
    });
    afterAll(async () => {
      await model.dispose();
      await bench.close();
    });

    it('are what the loaded library makes', async () => {
      expect(await model.sharesPools()).toBe(true);
    });

    it('come to the logits of slots with cells of their own, whatever arrives, ends, parks and moves', async () => {
      const shape = fc.constantFrom(
        { pools: 4, slotsPerPool: 4, cellsPerPool: 256 },
        { pools: 2, slotsPerPool: 8, cellsPerPool: 512 },
        { pools: 1, slotsPerPool: 8, cellsPerPool: 256 },
        { pools: 5, slotsPerPool: 3, cellsPerPool: 256 },
      );
      await fc.assert(
        fc.asyncProperty(shape, fc.nat(1_000_000), async (shape, seed) => {
          const options = { steps: 60, seed, folder: bench.folder };
          const report = await PooledTrial.run(model, VOCABULARY, shape, options);
          expect(report.comparedRows).toBeGreaterThan(60);
          expect(report.maxDeltaLogit).toBeLessThanOrEqual(1e-4);
        }),
        { numRuns: 6, seed: 20_260_101, endOnFailure: true },
      );
    });

    it('would be found out if they kept what was evicted', async () => {
      let made = 0;
      const forgetful = Object.create(model, {
        createContext: {
          value: async (options: Parameters<EngineModel['createContext']>[0]) => {
            const context = await model.createContext(options);
            // The second one, in which each slot has its own cells.
            return made++ === 0
              ? context
              : (Object.create(context, { evict: { value: () => undefined } }) as EngineContext);
          },
        },
      }) as EngineModel;
      const shape = { pools: 4, slotsPerPool: 4, cellsPerPool: 256 };
      const options = { steps: 60, seed: 3, folder: bench.folder };
      const report = await PooledTrial.run(forgetful, VOCABULARY, shape, options);
      expect(report.maxDeltaLogit).toBeGreaterThan(0.01);
    });

    it('refuse to copy a session over into another pool, where it would wipe out the neighbours', async () => {
      const context = await model.createContext({
        slots: 4,
        slotsPerPool: 2,
        cells: 256,
        batchTokens: 8,
        threads: 1,
        kvType: 'f32',
        flashAttention: false,
      });
      context.beginBatch(2);
      context.add(0, 0, Uint32Array.of(97), Uint32Array.of(0));
      context.add(2, 0, Uint32Array.of(98), Uint32Array.of(0));
      await context.decode();
      await expect(context.copy(0, 3)).rejects.toThrow(/saving and loading/);
      expect(context.positions(2)).toEqual({ first: 0, last: 0 });
      await context.dispose();
    });

    describe('of a lane', () => {
      let alone: LaneCard;
      let card: LaneCard;
      beforeAll(async () => {
        const path = bench.model('turmoil', { gists: 2 });
        alone = await bench.card(path, { lanes: [{ slots: 1, cells: 512 }], prefillChunk: 32 });
        card = await bench.card(path, {
          lanes: [{ slots: 3, cells: 512 }],
          poolSessions: 4,
          prefillChunk: 32,
        });
      });

      it('are lanes to the fleet, with cells that their slots share', () => {
        const lanes = card.lanes();
        expect(lanes.map((lane) => [lane.lane, lane.slots.length])).toEqual([
          [0, 4],
          [1, 4],
          [2, 4],
        ]);
        expect(lanes.map((lane) => [lane.cells_per_slot, lane.shared_cells])).toEqual(
          new Array(3).fill([509, 509]),
        );
        expect(lanes.flatMap((lane) => lane.slots.map(({ slot }) => slot))).toEqual(
          Array.from({ length: 12 }, (_, slot) => slot),
        );
      });

      it('take in as many as have a slot, whatever they may come to hold', () => {
        const wide = (jobId: string) =>
          request(jobId, { limits: { max_tokens: 300, max_thoughts: 4, max_thought_tokens: 200 } });
        const jobs = ['first', 'second', 'third', 'fourth'];
        for (const job of jobs) expect(card.admit(wide(job))).toBeUndefined();
        expect(card.admit(wide('fifth'))).toEqual({ code: 'no-free-slot', lane: 0 });
        for (const job of jobs) card.evict(job);
        expect(card.check()).toEqual([]);
      });

      it.each([1, 2, 3])(
        'let jobs come, be cancelled, handed back, parked and moved at random, and each says what it says alone (dice %i)',
        async (seed) => {
          const roll = dice(seed);
          const jobs = Array.from({ length: 20 }, (_, index) =>
            request(`job-${String(index)}`, {
              prompt: 'why '.repeat(1 + roll(12)),
              limits: {
                max_tokens: 20 + roll(120),
                max_thoughts: 8,
                max_thought_tokens: 8 + roll(30),
              },
              sampling: roll(2) === 0 ? {} : { temperature: 0.8, seed: index },
            }),
          );
          const texts = new Map<string, string | undefined>();
          for (const job of jobs) texts.set(job.jobId, (await runAlone(alone, job)).finish?.text);

          const waiting: SessionRequest[] = [...jobs];
          const running = new Map<string, SessionRequest>();
          const cancelled = new Set<string>();
          const reports: SessionReport[] = [];
          const did = { moves: 0, parks: 0, refusals: 0 };
          while (waiting.length > 0 || card.sessions() > 0) {
            const news: SessionReport[] = [];
            const next = waiting[0];
            if (next !== undefined && roll(2) === 0) {
              const refusal = card.admit({ ...next, lane: roll(3) });
              if (refusal === undefined) {
                waiting.shift();
                running.set(next.jobId, next);
              } else did.refusals++;
            }
            const victim = [...running.values()][roll(running.size)];
            if (victim !== undefined) {
              const fate = roll(30);
              if (fate === 0) {
                running.delete(victim.jobId);
                card.cancel(victim.jobId);
                cancelled.add(victim.jobId);
              } else if (fate === 1) {
                running.delete(victim.jobId);
                const checkpoint = card.evict(victim.jobId);
                if (checkpoint === undefined) throw new Error(`${victim.jobId} was not there`);
                waiting.push({ ...victim, checkpoint });
              } else if (fate < 4) {
                if (await card.park(victim.jobId, news)) did.parks++;
              } else if (fate < 7 && (await card.move(victim.jobId, roll(3)))) did.moves++;
            }
            news.push(...(await card.step()));
            for (const report of news) {
              if (report.kind === 'finish') running.delete(report.jobId);
              if (report.kind !== 'outgrown') continue;
              const job = running.get(report.jobId);
              running.delete(report.jobId);
              if (job !== undefined) waiting.push({ ...job, checkpoint: report.checkpoint });
            }
            reports.push(...news);
            expect(card.check()).toEqual([]);
          }
          expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
          expect(Math.min(did.moves, did.parks)).toBeGreaterThan(0);
          const ends = outcomes(reports);
          for (const job of jobs) {
            const finish = ends.get(job.jobId)?.finish;
            if (cancelled.has(job.jobId))
              expect(texts.get(job.jobId)?.startsWith(finish?.text ?? '-')).toBe(true);
            else expect(finish?.text).toBe(texts.get(job.jobId));
          }
        },
      );
    });
  },
);
