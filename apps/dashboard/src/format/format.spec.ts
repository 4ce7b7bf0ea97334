import { describe, expect, it } from 'vitest';
import { bytes, percent, plural, rate } from './numbers';
import { ago, duration } from './time';

describe('numbers', () => {
  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1536, '1.5 KiB'],
    [64 * 2 ** 20, '64 MiB'],
    [20_000 * 2 ** 20, '19.5 GiB'],
  ])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

  it('have a digit where they are small', () => {
    expect([rate(3.14159), rate(1234.5), percent(0.256), percent(0.0123, 1)]).toEqual([
      '3.1',
      '1,235',
      '26 %',
      '1.2 %',
    ]);
  });

  it('agree with their noun', () => {
    expect([plural(0, 'job'), plural(1, 'job'), plural(1200, 'job')]).toEqual([
      '0 jobs',
      '1 job',
      '1,200 jobs',
    ]);
  });
});

describe('durations', () => {
  it.each([
    [-5, '0 ms'],
    [430, '430 ms'],
    [12_340, '12.3 s'],
    [60_000, '1 min'],
    [245_000, '4 min 5 s'],
    [12_000_000, '3 h 20 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text));

  it('are told as seen from now', () => {
    expect([ago(1000, 1500), ago(1000, 3500), ago(0, 3_138_000), ago(0, 1e8)]).toEqual([
      'just now',
      '2 s ago',
      '52 min ago',
      '1 d ago',
    ]);
  });
});
