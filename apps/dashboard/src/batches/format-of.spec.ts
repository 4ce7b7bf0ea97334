import { expect, it } from 'vitest';
import { formatOf } from './format-of';

it('the format of a file is told by its first line', () => {
  const request = (url: string) =>
    JSON.stringify({ custom_id: 'a', method: 'POST', url, body: { messages: [] } });
  expect(formatOf(`\n${request('/v1/completions')}\n{`)).toEqual({
    kind: 'openai',
    endpoint: '/v1/completions',
  });
  // The api says which addresses it knows.
  expect(formatOf(request('/v1/embeddings'))).toEqual({ kind: 'openai', endpoint: '/v1/chat/completions' });
  for (const other of ['{"prompt": "x"}', 'no json', '', '7', 'null'])
    expect(formatOf(other)).toEqual({ kind: 'jobs' });
});
