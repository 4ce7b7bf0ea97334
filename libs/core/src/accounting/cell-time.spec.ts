import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellTime, kvByteSeconds } from './cell-time';

describe('cells x time', () => {
  it('counts what is held until it changes', () => {
    const held = new CellTime();
    held.hold(10, 1000);
    held.hold(30, 1500);
    held.hold(0, 1600);
    expect(held.cellMs(9999)).toBe(10 * 500 + 30 * 100);
  });

  it('goes on where it stopped, after a time with nothing', () => {
    const held = new CellTime();
    held.hold(5, 0);
    held.hold(0, 10);
    held.hold(5, 1_000);
    expect(held.cellMs(1_010)).toBe(100);
  });

  it('does not depend on how often it is told or asked', () => {
    const change = fc.record({ cells: fc.nat(1000), forMs: fc.nat(1000), part: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const once = new CellTime();
        const often = new CellTime();
        let nowMs = 0;
        for (const { cells, forMs, part } of changes) {
          once.hold(cells, nowMs);
          often.hold(cells, nowMs);
          often.hold(cells, nowMs + (part % (forMs + 1)));
          nowMs += forMs;
        }
        expect(often.cellMs(nowMs)).toBe(once.cellMs(nowMs));
      }),
    );
  });

  it('is told in whole byte-seconds', () => {
    expect(kvByteSeconds(1500, 1024)).toBe(1536);
  });
});
