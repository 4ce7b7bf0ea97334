import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ParkFolder } from './park-folder';

describe('a park folder', () => {
  const home = mkdtempSync(join(tmpdir(), 'gistpool-park-'));
  const folder = join(home, 'parked', 'card-0');
  let park: ParkFolder;
  beforeEach(async () => {
    park = await ParkFolder.open(folder, 1000);
  });
  afterAll(() => rmSync(home, { recursive: true }));

  const bytes =
    (size: number) =>
    async (path: string): Promise<number> => {
      await writeFile(path, Buffer.alloc(size));
      return size;
    };

  it('takes files until the quota is used up, and again when one goes', async () => {
    expect(await park.keep('a', 600, bytes(600))).toBe(true);
    expect(await park.keep('b', 401, bytes(401))).toBe(false);
    expect(await park.keep('c', 400, bytes(400))).toBe(true);
    expect([park.bytes, readdirSync(folder).length]).toEqual([1000, 2]);
    park.drop('a');
    expect([park.bytes, readdirSync(folder).length]).toEqual([400, 1]);
    expect(await park.keep('b', 401, bytes(401))).toBe(true);
  });

  it('knows a file of which a byte became another, says so, and gives no path to it', async () => {
    const told: string[] = [];
    park = await ParkFolder.open(folder, 1000, ({ message }) => told.push(message));
    await park.keep('a', 600, bytes(600));
    await park.keep('b', 100, bytes(100));
    const path = park.pathOf('a') ?? '';
    expect(await park.intact('a')).toBe(path);
    const damaged = Buffer.alloc(600);
    damaged[311] = 1;
    await writeFile(path, damaged);
    expect(await park.intact('a')).toBeUndefined();
    expect(told).toEqual([`${path} is not what was written to it`]);
    expect(await park.intact('b')).toBe(park.pathOf('b'));
    rmSync(path);
    expect(await park.intact('a')).toBeUndefined();
  });

  it('keeps apart what jobs with odd names have, and nothing of theirs leads out of it', async () => {
    const jobs = ['../../out', 'a/b', 'a_b'];
    for (const job of jobs) expect(await park.keep(job, 10, bytes(10))).toBe(true);
    expect(new Set(jobs.map((job) => park.pathOf(job))).size).toBe(3);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('keeps nothing of a write that fails, and says why it did', async () => {
    const fails = async (path: string): Promise<number> => {
      await writeFile(path, 'half');
      throw new Error('no space left on device');
    };
    const told: string[] = [];
    const full = await ParkFolder.open(folder, 1000, ({ message }) => told.push(message));
    expect(await full.keep('a', 10, fails)).toBe(false);
    expect(told).toEqual(['no space left on device']);
    expect([full.bytes, full.pathOf('a'), readdirSync(folder)]).toEqual([0, undefined, []]);
  });

  it('sweeps out at its start what an earlier process left, and nothing else', async () => {
    await park.keep('a', 10, bytes(10));
    writeFileSync(join(folder, 'note.txt'), 'not ours');
    mkdirSync(join(folder, 'deeper'));
    const next = await ParkFolder.open(folder, 1000);
    expect([next.bytes, readdirSync(folder).sort()]).toEqual([0, ['deeper', 'note.txt']]);
    rmSync(folder, { recursive: true });
  });
});
