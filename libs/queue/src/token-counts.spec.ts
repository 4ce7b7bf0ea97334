import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Message } from '@gistpool/contracts';
import { connectCardPort } from './card-port';
import { aCard, aModel, TestRedis } from './testing.fixture';
import { connectTokenCounts } from './token-counts';

let redis: TestRedis;

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

const prompt = (text: string): Message[] => [{ role: 'user', content: text }];
const words = (messages: readonly Message[]) =>
  messages.reduce((sum, message) => sum + message.content.split(' ').length, 0);

it('a worker of the model counts many prompts in one request, also after redis was killed', async () => {
  const counts = connectTokenCounts(redis.config);
  const card = connectCardPort(redis.config, { card: 'card-0', incarnation: 'one' });
  card.serveTokenCounts(words);
  await card.announce(aCard('card-0', 'one'), aModel);
  expect(await counts.count('tiny', [prompt('a b'), prompt('a b c')])).toEqual([2, 3]);
  const many = Array.from({ length: 1_000 }, (_, n) => prompt('x '.repeat(n).trim() || 'x'));
  expect(await counts.count('tiny', many)).toHaveLength(1_000);
  await redis.kill();
  await redis.restart();
  expect(await counts.count('tiny', [prompt('a')], 20_000)).toEqual([1]);
  await card.close();
  await counts.close();
});

it('the answer is undefined when no worker of the model is there in time', async () => {
  const counts = connectTokenCounts(redis.config);
  expect(await counts.count('nobody', [prompt('a')], 50)).toBeUndefined();
  await counts.close();
});
