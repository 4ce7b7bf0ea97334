import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOGUE_JOBS, costsWorker, faultPlan, FAULTS } from './fault-plan';

const seeds = fc.integer({ min: 0, max: 1_000_000 });

describe('the plan of a run', () => {
  it('follows from its seed alone', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(faultPlan(seed)).toEqual(faultPlan(seed));
      }),
    );
  });

  it('has a fault, and never two of a kind', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const kinds = faultPlan(seed).faults.map(({ kind }) => kind);
        expect(kinds.length).toBeGreaterThan(0);
        expect(new Set(kinds).size).toBe(kinds.length);
      }),
    );
  });

  it('takes no job from more workers than a job may lose', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(faultPlan(seed).faults.filter(costsWorker).length).toBeLessThan(3);
      }),
    );
  });

  it('names jobs of the catalogue, each once', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { jobs } = faultPlan(seed);
        expect(new Set(jobs).size).toBe(jobs.length);
        expect(jobs.every((job) => job >= 0 && job < CATALOGUE_JOBS)).toBe(true);
      }),
    );
  });

  it('has a fail-over exactly where there is somebody to fail over to', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { topology, faults } = faultPlan(seed);
        expect(faults.some(({ kind }) => kind === 'redis-failover')).toBe(topology === 'sentinel');
      }),
    );
  });

  it('leaves no kind out of a series of as many seeds as there are kinds', () => {
    fc.assert(
      fc.property(seeds, (from) => {
        const kinds = FAULTS.flatMap((_, at) => faultPlan(from + at).faults.map(({ kind }) => kind));
        expect(new Set(kinds)).toEqual(new Set(FAULTS));
      }),
      { numRuns: 30 },
    );
  });
});
