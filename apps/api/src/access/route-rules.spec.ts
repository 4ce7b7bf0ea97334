import { describe, expect, it } from 'vitest';
import { ruleOf } from './route-rules';

describe('what a route asks for', () => {
  it.each([
    ['GET', '/', 'open'],
    ['GET', '/assets/*', 'open'],
    ['GET', '/readyz', 'open'],
    ['POST', '/v1/session', 'open'],
    ['GET', '/v1/jobs/:id/events', 'read'],
    ['HEAD', '/v1/jobs/:id', 'read'],
    ['GET', '/metrics', 'read'],
    ['GET', '/scaling', 'read'],
    ['POST', '/v1/predictions/explain', 'read'],
    ['GET', '/queues/api/queues', 'read'],
    ['PUT', '/queues/api/queues/:queueName/pause', 'admin'],
    ['POST', '/v1/jobs', 'submit'],
    ['DELETE', '/v1/files/:id', 'submit'],
    ['POST', '/v1/chat/completions', 'submit'],
    ['POST', '/v1/cards/:card/drain', 'admin'],
    ['GET', '/v1/keys', 'admin'],
    ['GET', '/v1/something-new', 'admin'],
    ['GET', '/v1/jobsomething', 'admin'],
  ])('%s %s: %s', (method, url, needs) => {
    expect(ruleOf(method, url).needs).toBe(needs);
  });

  it('is work for what asks for more, and never for what takes back', () => {
    for (const url of ['/v1/jobs', '/v1/jobs/batch', '/v1/files', '/v1/batches', '/v1/chat/completions'])
      expect(ruleOf('POST', url).isWork, url).toBe(true);
    expect(ruleOf('POST', '/v1/batches/:id/cancel').isWork).toBe(false);
    expect(ruleOf('DELETE', '/v1/jobs/:id').isWork).toBe(false);
    expect(ruleOf('GET', '/v1/jobs').isWork).toBe(false);
  });

  it('is owned where an address names what somebody has', () => {
    expect(ruleOf('GET', '/v1/jobs/:id/placement').owned).toBe('job');
    expect(ruleOf('GET', '/v1/files/:id/content').owned).toBe('file');
    expect(ruleOf('POST', '/v1/batches/:id/cancel').owned).toBe('batch');
    expect(ruleOf('GET', '/v1/jobs/counts').owned).toBeUndefined();
  });
});
