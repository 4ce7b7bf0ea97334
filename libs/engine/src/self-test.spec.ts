import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Engine, type EngineContext, EngineModel } from './binding';
import { CellCount } from './cell-count';
import { inspectModelFile } from './model-file';
import { policyOf } from './policy';
import { selfTest } from './self-test';
import { ServedModel } from './served-model';
import { Bench } from './testing/card.fixture';

describe('an engine under its start-up self-test', () => {
  const bench = new Bench();
  let served: ServedModel;
  let context: EngineContext;
  let count: CellCount;
  beforeAll(async () => {
    const engine = await Engine.start('cpu');
    const inspected = await inspectModelFile(bench.model('tested', { gists: 2 }), engine);
    if (!inspected.ok) throw new Error(inspected.refused.reason);
    const policy = policyOf(inspected.file);
    if (!policy.ok) throw new Error(policy.reason);
    served = new ServedModel(
      inspected.file,
      policy.found,
      await EngineModel.load(engine, inspected.file.path),
    );
    context = await served.engine.createContext({
      slots: 3,
      cells: 256,
      batchTokens: 32,
      threads: 1,
      kvType: 'f32',
      flashAttention: false,
    });
    count = await CellCount.calibrate(context, served.plainToken);
  });
  afterEach(() => {
    expect([0, 1, 2].map((slot) => context.positions(slot).last)).toEqual([-1, -1, -1]);
  });
  afterAll(async () => {
    await context.dispose();
    await served.engine.dispose();
    await bench.close();
  });

  it('passes on a sound engine and leaves nothing behind', async () => {
    expect(await selfTest(context, served, count)).toEqual([]);
  });

  it('moves a slot with a gap through a file and by copy, cell for cell', async () => {
    context.beginBatch(8);
    context.add(0, 0, Uint32Array.of(97, 98, 99, 100, 101, 102, 103, 104), Uint32Array.of(7));
    await context.decode();
    context.evict(0, 2, 5);
    const path = join(bench.folder, 'slot.state');
    expect(await context.save(0, path)).toBe(statSync(path).size);
    await context.load(1, path);
    await context.copy(0, 2);
    for (const slot of [0, 1, 2]) expect(context.positions(slot)).toEqual({ first: 0, last: 7 });
    expect(count.count(3)).toBe(3 * 5);
    for (const slot of [0, 1, 2]) context.clear(slot);
  });

  it('finds an engine that does not evict', async () => {
    const forgetful = Object.create(context, { evict: { value: () => undefined } }) as EngineContext;
    const wrong = await selfTest(forgetful, served, count);
    expect(wrong).toEqual([
      '26 cells are live instead of 20',
      'evicting two spans changes no logit, so it hides nothing',
    ]);
  });

  it('finds an engine that evicts the wrong cells in one of two plays', async () => {
    let calls = 0;
    const sloppy = Object.create(context, {
      evict: {
        value: (slot: number, start: number, end: number) => {
          context.evict(slot, calls++ < 2 ? start : start - 1, calls <= 2 ? end : end - 1);
        },
      },
    }) as EngineContext;
    expect((await selfTest(sloppy, served, count)).join()).toMatch(
      /differs from the same one decoded beside a neighbour by \d/,
    );
  });
});
