import { describe, expect, it } from 'vitest';
import { causesOf, faultsIn } from './causes';

const line = (customId: string | null, message: string, code = 'does_not_fit') =>
  JSON.stringify({
    id: 'line_7',
    custom_id: customId,
    response: null,
    error: { code, message, param: null, line: 7 },
  });

describe('the causes of errors', () => {
  it('are one where messages differ in numbers and names, the most frequent first', () => {
    const faults = [
      line('a', 'job needs 61,440 cells, the largest slot holds 512'),
      line('b', '"x" is not a known parameter', 'invalid_request'),
      line(null, 'job needs 7 cells, the largest slot holds 512'),
    ].flatMap(faultsIn);
    expect(causesOf(faults)).toEqual([
      {
        code: 'does_not_fit',
        lines: 2,
        message: 'job needs 61,440 cells, the largest slot holds 512',
        examples: ['a', 'line 7'],
      },
      { code: 'invalid_request', lines: 1, message: '"x" is not a known parameter', examples: ['b'] },
    ]);
  });

  it('leave out what is no line of an error file, and name few examples', () => {
    expect(faultsIn('{')).toEqual([]);
    const [cause] = causesOf(Array.from({ length: 9 }, (_, at) => faultsIn(line(`l${at}`, 'x'))).flat());
    expect(cause?.examples).toEqual(['l0', 'l1', 'l2', 'l3', 'l4']);
  });
});
