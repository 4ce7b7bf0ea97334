import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { infoOf, recordOf } from './record.fixture';
import { RunFolder } from './run-folder';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gistpool-run-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('the folder of a run', () => {
  it('is taken up with all that was written to it', () => {
    const first = RunFolder.open(join(dir, 'new', 'run'), infoOf());
    first.noteBatch('batch-1');
    first.append(recordOf({ id: 'f-1' }));
    first.append(recordOf({ id: 'f-2' }));
    const second = RunFolder.open(join(dir, 'new', 'run'), infoOf({ started_at_ms: 99 }));
    expect(second.records).toEqual(first.records);
    expect(second.batches).toEqual(['batch-1']);
    expect(second.info.started_at_ms).toBe(1);
  });

  it('loses no more than the line that a kill cut off', () => {
    RunFolder.open(dir, infoOf()).append(recordOf({ id: 'ä-1' }));
    const path = join(dir, 'results.jsonl');
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, whole.slice(0, 40));
    const again = RunFolder.open(dir, infoOf());
    expect(again.records.map(({ id }) => id)).toEqual(['ä-1']);
    again.append(recordOf({ id: 'f-2' }));
    expect(RunFolder.read(dir).records.map(({ id }) => id)).toEqual(['ä-1', 'f-2']);
  });

  it.each([
    [{ samples: 3 }, 'samples was 1 and is now 3'],
    [{ temperature: 0.5 }, 'temperature was 0 and is now 0.5'],
    [{ prompt: 'paper' as const }, 'prompt was bare and is now paper'],
    [{ max_tokens: 9 }, "max-tokens was the model's default and is now 9"],
    [{ model: { ...infoOf().model, name: 'other' } }, 'model was nano and is now other'],
    [{ items: 9, items_fingerprint: 'y' }, 'the items are not the same (3 then, 9 now)'],
    [{ items_fingerprint: 'y' }, 'the items are not the same'],
  ])('refuses to go on with %j', (change, why) => {
    RunFolder.open(dir, infoOf());
    expect(() => RunFolder.open(dir, infoOf(change))).toThrow(`holds another run: ${why}`);
  });

  it('names the line of a result that eval did not write', () => {
    RunFolder.open(dir, infoOf()).append(recordOf());
    appendFileSync(join(dir, 'results.jsonl'), '{"id": 7}\n');
    expect(() => RunFolder.read(dir)).toThrow(/results\.jsonl, line 2: id: /);
  });

  it('is told from any other folder', () => {
    expect(() => RunFolder.read(dir)).toThrow('is no result folder');
    writeFileSync(join(dir, 'run.json'), '{');
    expect(() => RunFolder.read(dir)).toThrow('run.json is not JSON');
  });
});
