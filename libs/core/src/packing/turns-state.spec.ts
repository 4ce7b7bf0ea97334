import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AdmissionRound } from './admission-round';
import { FairTurns, type FairTurnsState, type TurnsJob } from './fair-turns';

const TENANTS = ['a', 'b', 'c'];
const AGEING_MS = 10_000;

/** One round: so much later, so many jobs of each tenant asked in so many free slots; some of those at work end. */
interface Round {
  readonly laterMs: number;
  readonly freeSlots: number;
  readonly jobs: readonly { readonly tenant: string; readonly cells: number; readonly priority: number }[];
  readonly ends: number;
}

const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    laterMs: fc.integer({ min: 0, max: 5_000 }),
    freeSlots: fc.nat(4),
    jobs: fc.array(
      fc.record({
        tenant: fc.constantFrom(...TENANTS),
        cells: fc.integer({ min: 1, max: 500 }),
        priority: fc.nat(2),
      }),
      { maxLength: 6 },
    ),
    ends: fc.nat(3),
  }),
  { maxLength: 12 },
);

/** Plays rounds; what was placed, in order. `handOver` makes the turns of each round from those of the one before. */
function play(all: readonly Round[], handOver: (turns: FairTurns) => FairTurns): string[] {
  let turns = new FairTurns(AGEING_MS);
  let nowMs = 1_000;
  let running: TurnsJob[] = [];
  let waiting: TurnsJob[] = [];
  const placed: string[] = [];
  all.forEach((round, at) => {
    turns = handOver(turns);
    nowMs += round.laterMs;
    running = running.slice(round.ends);
    const fresh = round.jobs.map((job, n) => ({
      ...job,
      jobId: `${at}-${n}`,
      model: 'm',
      createdAtMs: nowMs,
    }));
    waiting = [...waiting, ...fresh];
    turns.look(running, new Set(waiting.map(({ tenant }) => tenant)), nowMs);
    const lane = { card: 'x', lane: 0, model: 'm', slotCells: 512, freeSlots: round.freeSlots };
    const answers = turns.askAll(new AdmissionRound([lane]), waiting, nowMs);
    const taken = answers.filter(({ admission }) => admission.ok).map(({ job }) => job);
    placed.push(...taken.map(({ jobId }) => jobId));
    running = [...running, ...taken];
    waiting = waiting.filter((job) => !taken.includes(job));
  });
  return placed;
}

it('turns that are taken over from what was stored go on as if nobody had been replaced', () => {
  const stored = (turns: FairTurns) =>
    new FairTurns(AGEING_MS, JSON.parse(JSON.stringify(turns.state)) as FairTurnsState);
  fc.assert(
    fc.property(rounds, (all) => {
      expect(play(all, stored)).toEqual(play(all, (turns) => turns));
    }),
  );
});
