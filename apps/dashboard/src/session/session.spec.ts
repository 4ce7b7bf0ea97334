import { describe, expect, it } from 'vitest';
import { whereTo } from './where-to';

describe('a login', () => {
  it.each([
    ['/jobs?state=waiting', '/jobs?state=waiting', false],
    ['/queues', '/queues', true],
    ['/queues/queue/x', '/queues/queue/x', true],
    [null, '/', false],
    ['//evil.example', '/', false],
    ['/\\evil.example', '/', false],
    ['https://evil.example', '/', false],
    ['javascript:alert(1)', '/', false],
    ['/login?to=/login', '/', false],
  ])('that was to lead to %s leads to %s', (wanted, path, isOtherPage) => {
    expect(whereTo(wanted)).toEqual({ path, isOtherPage });
  });
});
