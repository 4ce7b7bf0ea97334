import { expect, it } from 'vitest';
import { placementIn, textOfPlacement } from './placement-text';

const placement = { jobId: 'job_1', queue: 'q', token: 't', lane: 0, reservedCells: 100, placedAtMs: 5 };

it('a placement is read as it was written, also as the release before wrote it', () => {
  expect(placementIn(textOfPlacement(placement))).toEqual(placement);
  expect(placementIn(JSON.stringify(placement))).toEqual(placement);
});

it('fields that a later release adds are passed over, and a later version is not taken', () => {
  expect(placementIn(JSON.stringify({ ...placement, version: 1, more: 'x' }))).toEqual(placement);
  expect(placementIn(JSON.stringify({ ...placement, version: 2 }))).toBeUndefined();
});

it('what is no placement is none', () => {
  for (const text of ['', '{', 'null', '[]', '{"jobId":"job_1"}']) expect(placementIn(text)).toBeUndefined();
});
