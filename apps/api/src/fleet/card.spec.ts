import { afterAll, beforeAll, expect, it } from 'vitest';
import { CardReceipt, FleetView } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { TestPool } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const order = async (what: string) => {
  const answer = await pool.fetch(`/v1/cards/card-0/${what}`, { method: 'POST' });
  expect(answer.status).toBe(200);
  return CardReceipt.strict().parse(await answer.json()).cordon;
};
const shown = async () => {
  const fleet = FleetView.parse(await (await pool.fetch('/v1/fleet')).json());
  return fleet.cards.map(({ card, cordon }) => [card, cordon]);
};

it('a card is cordoned, drained and uncordoned, and the fleet says so', async () => {
  await pool.submit({ prompt: 'a b c' });
  const lease = await pool.worker.takeNext('reasoning.nano.default');
  expect(await order('cordon')).toBe('cordoned');
  expect(await shown()).toEqual([['card-0', 'cordoned']]);
  expect(await order('drain')).toBe('draining');
  await lease.handBack();
  expect(await shown()).toEqual([['card-0', 'drained']]);
  expect(await order('drain')).toBe('drained');
  expect(await (await pool.fetch('/metrics')).text()).toMatch(/gistpool_cards\{[^}]*state="drained"\} 1/);
  expect(await order('uncordon')).toBeNull();
  expect(await shown()).toEqual([['card-0', undefined]]);
});

it('an order for a card that never was is refused', async () => {
  const answer = await pool.fetch('/v1/cards/card-7/drain', { method: 'POST' });
  expect(await errorOf(answer)).toMatchObject({ status: 404, code: 'card_not_found', param: 'card' });
});
