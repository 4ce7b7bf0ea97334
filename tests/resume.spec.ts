import { expect, it } from 'vitest';
import { gistpool } from './support/gistpool';

const MINUTE_MS = 60_000;

it(
  'a killed worker costs its sessions next to no thought, and their texts are those of an uninterrupted run',
  async () => {
    const ended = await gistpool(['bench', 'resume', '--jobs', '3', '--kills', '1', '--json']);
    expect(ended.code).toBe(0);
    const report = JSON.parse(ended.stdout) as {
      sessions_killed: number;
      thoughts_again_most: number;
      thoughts: number;
      other_texts: number;
    };
    expect(report.sessions_killed).toBeGreaterThan(0);
    expect(report.thoughts).toBeGreaterThan(50);
    // The one that was decoded, and one whose checkpoint may have been on its way.
    expect(report.thoughts_again_most).toBeLessThanOrEqual(2);
    expect(report.other_texts).toBe(0);
  },
  8 * MINUTE_MS,
);
