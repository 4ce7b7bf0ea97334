import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isTerminal, Usage, type JobEvent } from '@gistpool/contracts';
import type { Card } from '@gistpool/engine';
import { connectFleet } from '@gistpool/queue';
import { aLongJob, aRealCard, inAWord, TestPool, type TestWorker } from './testing.fixture';

describe('a worker with a real model on a real Redis', () => {
  let pool: TestPool;
  let card: Card;
  let worker: TestWorker;
  let starts = 0;

  const startWorker = async () => {
    worker = await pool.startWorker(card, `start-${++starts}`);
  };

  beforeAll(async () => {
    [pool, card] = await Promise.all([TestPool.start(), aRealCard()]);
    await startWorker();
  });

  afterAll(async () => {
    await pool.stop();
    expect(card.check()).toEqual([]);
    await card.dispose();
  });

  it('decodes a job to its result and tells its story in order', async () => {
    const id = await pool.submit();
    const events = await pool.untilEnd(id);

    const words = events.map(inAWord).filter((word) => !['text', 'thought', 'compression'].includes(word));
    expect(words).toEqual([
      'state:waiting',
      'state:placed',
      'state:thinking',
      ...(words.includes('state:answering') ? ['state:answering'] : []),
      'answer',
      'usage',
      'state:completed',
    ]);
    const record = await pool.jobs.get(id);
    const usage = Usage.parse(record?.usage);
    expect(usage.generated_tokens).toBeGreaterThan(0);
    expect(usage.peak_cells).toBeGreaterThan(usage.prompt_tokens);
    expect(usage.run_ms).toBeGreaterThan(0);
    const result = await pool.resultOf(id);
    expect(events.find((event) => event.type === 'answer')).toEqual({ type: 'answer', text: result?.answer });
  });

  it('streams the text of a thought before the thought is told as a whole', async () => {
    const id = await pool.submit(aLongJob(200));
    const events = await pool.untilEnd(id);
    const told = events.filter(
      (event): event is Extract<JobEvent, { type: 'thought' }> => event.type === 'thought',
    );
    expect(told.length).toBeGreaterThan(2);
    for (const { thought, text } of told) {
      const streamed = events.map((event) =>
        event.type === 'text' && event.thought === thought ? event.text : '',
      );
      expect(streamed.join('')).toBe(text);
    }
  });

  it('says at each compression how many cells it freed', async () => {
    const id = await pool.submit(aLongJob(200));
    const events = await pool.untilEnd(id);
    const compressions = events.filter((event) => event.type === 'compression');
    expect(compressions.length).toBe((await pool.jobs.get(id))?.usage?.compressions);
    for (const { cells_before, cells_after } of compressions) expect(cells_after).toBeLessThan(cells_before);
  });

  it('frees the slot of a cancelled job within a second', async () => {
    const id = await pool.submit(aLongJob(3000));
    await pool.until(id, (event) => event.type === 'compression');
    expect(card.sessions()).toBe(1);
    const askedAtMs = Date.now();
    expect(await pool.jobs.cancel(id)).toBe('cancelling');
    await vi.waitUntil(() => card.sessions() === 0, { interval: 5 });
    expect(Date.now() - askedAtMs).toBeLessThan(1000);
    expect((await pool.untilEnd(id)).map(inAWord).at(-1)).toBe('state:cancelled');
    expect((await pool.jobs.get(id))?.usage?.generated_tokens).toBeGreaterThan(0);
  });

  it('drains in a moment: what is in its slots goes on in the next worker and ends as it would have', async () => {
    const undisturbed = await pool.submit(aLongJob(400));
    await pool.untilEnd(undisturbed);

    const id = await pool.submit(aLongJob(400));
    await pool.until(id, (event) => event.type === 'compression');
    await worker.stop();
    expect(card.sessions()).toBe(0);
    expect(await pool.jobs.get(id)).toMatchObject({ state: 'waiting', crashes: 0 });
    await startWorker();
    await pool.untilEnd(id);

    const record = await pool.jobs.get(id);
    expect(record).toMatchObject({ state: 'completed', crashes: 0, usage: { resumes: 1 } });
    expect(record?.usage?.replayed_tokens).toBeGreaterThan(0);
    expect(await pool.resultOf(id)).toEqual(await pool.resultOf(undisturbed));
    expect(record?.usage?.dep).toBe((await pool.jobs.get(undisturbed))?.usage?.dep);
  });

  it('hands back at its next checkpoint what it has when its card is drained, and takes jobs again afterwards', async () => {
    const fleet = connectFleet(pool.config);
    const cordonOf = async () => (await fleet.cards())[0]?.cordon;
    const undisturbed = await pool.submit(aLongJob(600));
    await pool.untilEnd(undisturbed);

    const id = await pool.submit(aLongJob(600));
    await pool.until(id, (event) => event.type === 'compression');
    expect(await fleet.order('card-0', 'drain')).toBe(true);
    await vi.waitUntil(async () => (await cordonOf()) === 'drained', { interval: 5, timeout: 20_000 });
    expect(card.sessions()).toBe(0);
    expect(await pool.jobs.get(id)).toMatchObject({ state: 'waiting', crashes: 0 });

    await fleet.order('card-0', 'uncordon');
    const story = (await pool.untilEnd(id)).map(inAWord);
    // At a checkpoint: the last that was told before is a compression.
    expect(story[story.indexOf('state:waiting', 1) - 1]).toBe('compression');
    expect(await pool.jobs.get(id)).toMatchObject({ state: 'completed', crashes: 0, usage: { resumes: 1 } });
    expect(await pool.resultOf(id)).toEqual(await pool.resultOf(undisturbed));
    await fleet.close();
  });

  it('goes on decoding while Redis is gone, and tells everything when it is back', async () => {
    const id = await pool.submit(aLongJob(400));
    await pool.until(id, (event) => event.type === 'compression');
    await pool.killRedis();
    const { steps } = card.totals();
    await vi.waitUntil(() => card.totals().steps > steps + 20, { interval: 5 });
    await pool.restartRedis();
    const words = (await pool.untilEnd(id)).map(inAWord);
    expect(words.filter((word) => word === 'state:completed')).toHaveLength(1);
    expect(await pool.resultOf(id)).toBeDefined();
  });

  it('drops a job whose lease another has, frees its slot and writes nothing more about it', async () => {
    const id = await pool.submit(aLongJob(3000));
    await pool.until(id, (event) => event.type === 'compression');
    await pool.stealLease(id);
    await vi.waitUntil(() => card.sessions() === 0, { interval: 5, timeout: 20_000 });
    expect(await pool.resultOf(id)).toBeUndefined();
    expect(isTerminal((await pool.jobs.get(id))?.state ?? 'failed')).toBe(false);
  });
});
