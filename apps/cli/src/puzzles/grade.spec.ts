import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRight } from './grade';

describe('grading', () => {
  it.each([
    ['(A)', '(A)'],
    ['A', '(A)'],
    ['a)', '(A)'],
    ['The answer is (C).', '(C)'],
    ['The answer is B.', '(B)'],
    ['Not (A) but (B)', '(B)'],
    ['yes', 'Yes'],
    ['Yes.', 'Yes'],
    ['So the answer is no.', 'No'],
    ['TRUE', 'True'],
    ['invalid', 'invalid'],
    ['1,234', '1234'],
    ['$18', '18'],
    ['The total is 18.', '18'],
    ['-5', '-5'],
    ['007', '7'],
    ['3.50', '3.5'],
    ['] > }', '] > }'],
    ['  apple  banana. ', 'apple banana'],
  ])('takes %j for %j', (answer, target) => {
    expect(isRight(answer, target)).toBe(true);
  });

  it.each([
    ['', 'Yes'],
    ['No', 'Yes'],
    ['(A) or rather (B)', '(A)'],
    ['invalid', 'valid'],
    ['5', '-5'],
    ['18 apples and 3 pears', '18'],
    ['notable', 'No'],
    ['apple', 'apple banana'],
    [') )', ') ) >'],
    ['I am not sure', '(I)x'],
  ])('does not take %j for %j', (answer, target) => {
    expect(isRight(answer, target)).toBe(false);
  });

  it('takes every target for itself, whatever blanks surround it', () => {
    const target = fc.oneof(
      fc.integer().map(String),
      fc.constantFrom('Yes', 'No', 'True', 'False', '(A)', '(G)', '] ) >'),
      fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
    );
    fc.assert(
      fc.property(target, (text) => {
        expect(isRight(` ${text} `, text)).toBe(true);
      }),
    );
  });

  it('tells any two whole numbers apart', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        expect(isRight(`It is ${a}.`, String(b))).toBe(a === b);
      }),
    );
  });
});
