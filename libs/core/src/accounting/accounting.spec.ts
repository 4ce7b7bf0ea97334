import { describe, expect, it } from 'vitest';
import { closedFormDep, closedFormPeak, vanillaDep, vanillaPeak } from './closed-forms';
import { kvBytesPerCell } from './kv-bytes';

describe('the closed forms', () => {
  it('give the peak of the widest thought', () => {
    // prompt 10, n = 2: thoughts 5, 20, 3 and a tail of 4 peak at 10+5+3, 10+3+20+3, 10+6+3+3, 10+9+4
    expect(closedFormPeak(10, [5, 20, 3], 4, 2)).toBe(36);
  });

  it('give the peak of the tail when that is the widest', () => {
    expect(closedFormPeak(10, [2], 40, 2)).toBe(53);
  });

  it('sum what each sampled token depends on', () => {
    // 11+12, then 10+3+1
    expect(closedFormDep(10, [2], 1, 2)).toBe(11 + 12 + 14);
  });

  it('are those of plain decoding when nothing is compressed', () => {
    expect(closedFormPeak(7, [], 5, 9)).toBe(vanillaPeak(7, 5));
    expect(closedFormDep(7, [], 5, 9)).toBe(vanillaDep(7, 5));
    expect(vanillaDep(7, 5)).toBe(8 + 9 + 10 + 11 + 12);
  });
});

describe('bytes per cell', () => {
  it('are those of the published models in f16', () => {
    const f16 = { headDimK: 128, headDimV: 128, bytesPerElement: 2 };
    expect(kvBytesPerCell({ layers: 28, kvHeads: 4, ...f16 })).toBe(56 * 1024);
    expect(kvBytesPerCell({ layers: 32, kvHeads: 8, ...f16 })).toBe(128 * 1024);
  });
});
