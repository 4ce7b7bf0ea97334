import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { letterOf } from './choices';
import { answerIn, isRight } from './grade';

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
    ['−5', '-5'],
    ['$-5', '-5'],
    ['007', '7'],
    ['3.50', '3.5'],
    ['] > }', '] > }'],
    ['  apple  banana. ', 'apple banana'],
  ])('takes %j for %j', (answer, target) => {
    expect(isRight(answer, target)).toBe(true);
  });

  it.each([
    ['\\boxed{B}', 'B'],
    ['First \\boxed{A}, no: \\boxed{\\text{B}}', 'B'],
    ['\\boxed{B. Paris}', 'B'],
    ['\\boxed{\\text{(B) A city}}', '(B)'],
    ['$\\boxed{1{,}800}$', '1800'],
    ['\\boxed{\\$1,800.00}', '1800'],
    ['\\boxed{\\text{valid}}', 'valid'],
    ['Sorted: \\boxed{\\text{ant bee cat}}', 'ant bee cat'],
    ['\\boxed{7}. We check 7 = 3 + 4 and are done after 2 steps.', '7'],
    ['The answer is (B) because (A) is too small.', '(B)'],
    ['**Answer:** 12', '12'],
    ['Final answer: $12.50. That is for 3 pears.', '12.5'],
    ['The answer is 4 + 14 = 18 apples', '18'],
    ['She has 3 left.\n#### 1,042', '1042'],
    ['Let me sort these.\nThe answer is: ant bee cat.', 'ant bee cat'],
    ['Let me sort these.\nant bee cat', 'ant bee cat'],
    ['10-5 leaves 5', '5'],
  ])('finds the result that %j states: %j', (answer, target) => {
    expect(isRight(answer, target)).toBe(true);
  });

  it.each([
    ['Paris', 'B'],
    ['The answer is Paris.', 'B'],
    ['\\boxed{\\text{a small town}}', 'A'],
    ['A. A small town', 'A'],
    ['I think it is C', 'C'],
  ])('takes an option by its letter or its text: %j', (answer, target) => {
    expect(isRight(answer, target, ['A small town', 'Paris', 'Rome'])).toBe(true);
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
    ['The answer is (B). It could have been (A).', '(A)'],
    ['\\boxed{A} rather than B', 'B'],
    ['\\boxed{}', 'A'],
    ['ant bee cat\nor else\nbee ant cat', 'ant bee cat'],
  ])('does not take %j for %j', (answer, target) => {
    expect(isRight(answer, target)).toBe(false);
  });

  it('takes every target for itself, whatever blanks surround it, plain or boxed', () => {
    const target = fc.oneof(
      fc.integer().map(String),
      fc.constantFrom('Yes', 'No', 'True', 'False', '(A)', '(G)', '] ) >', 'ant bee cat'),
    );
    fc.assert(
      fc.property(target, (text) => {
        expect(isRight(` ${text} `, text)).toBe(true);
        expect(isRight(`So \\boxed{${text}}.`, text)).toBe(true);
        expect(isRight(`Thinking of it, the answer is ${text}.`, text)).toBe(true);
      }),
    );
  });

  it('takes any one-line text for itself', () => {
    const text = fc
      .string({ minLength: 1 })
      .filter((line) => /^[\w ]+$/.test(line) && line.trim() !== '' && !/answer/i.test(line));
    fc.assert(
      fc.property(text, (line) => {
        expect(isRight(` ${line} `, line)).toBe(true);
      }),
    );
  });

  it('tells any two whole numbers apart', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        expect(isRight(`It is ${a}.`, String(b))).toBe(a === b);
        expect(isRight(`\\boxed{${a}}`, String(b))).toBe(a === b);
      }),
    );
  });

  it('tells any two options apart, however they are written', () => {
    const letter = fc.nat({ max: 17 }).map(letterOf);
    const form = fc.constantFrom('(?)', '?', '?.', '?)', 'The answer is ?.', '\\boxed{?}', '\\boxed{(?)}');
    fc.assert(
      fc.property(letter, letter, form, (a, b, written) => {
        expect(isRight(written.replace('?', a), `(${b})`)).toBe(a === b);
      }),
    );
  });

  it('gives equal answers equal texts, for a vote', () => {
    const question = { target: '18' };
    expect(
      new Set(['18', '$18.00', '\\boxed{18}', 'It is 18.'].map((text) => answerIn(text, question))),
    ).toEqual(new Set(['18']));
  });
});
