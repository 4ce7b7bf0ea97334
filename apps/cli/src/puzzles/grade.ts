import { letterOf } from './choices';
import { statedSpan, withoutMarkup } from './answer-span';

type Kind = 'option' | 'word' | 'number' | 'text';

export interface Question {
  readonly target: string;
  /** Texts of the options A, B, C, …; an answer may name its option by the text. */
  readonly choices?: readonly string[];
}

const WORDS = ['yes', 'no', 'true', 'false', 'valid', 'invalid'];
/** A minus belongs to the number unless it follows what it could be subtracted from. */
const NUMBER = /(?:(?<![\w)]\s*)-\s?)?\$?-?\d[\d,]*(?:\.\d+)?/g;

/**
 * Whether an answer means its question's target; the same for every mode of decoding. What counts is what the answer
 * states as its result (see `statedSpan`), and without that the last thing of the target's kind: an option `(A)`, one
 * of Yes, No, True, False, …, or a number. Anything else must read the same but for case, blanks and a final full stop.
 */
export function isRight(answer: string, target: string, choices?: readonly string[]): boolean {
  const question = { target, ...(choices !== undefined && { choices }) };
  return answer.trim() !== '' && answerIn(answer, question) === expectedAnswer(question);
}

/** The target in the form in which `answerIn` gives answers. */
export const expectedAnswer = ({ target }: Question): string => {
  const kind = kindOf(target);
  return foundIn(target, kind, undefined, 'last') ?? plain(withoutMarkup(target));
};

/** What an answer says, in a form in which equal answers are equal texts (for votes); empty when it says nothing. */
export function answerIn(answer: string, question: Question): string {
  const kind = kindOf(question.target);
  const text = answer.replace(/[−–]/g, '-');
  const stated = statedSpan(text);
  if (stated !== undefined) {
    const found = foundIn(stated.text, kind, question.choices, stated.isBoxed ? 'last' : 'first');
    if (found !== undefined) return found;
    if (kind === 'text' || stated.isBoxed) return plain(stated.text);
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (kind === 'text') return plain(withoutMarkup(lines.at(-1) ?? ''));
  return foundIn(withoutMarkup(text), kind, question.choices, 'last') ?? plain(text);
}

function kindOf(target: string): Kind {
  const text = plain(target);
  if (/^\(?[a-z]\)?$/.test(text)) return 'option';
  if (WORDS.includes(text)) return 'word';
  if (/^-?\$?\d[\d,]*(\.\d+)?$/.test(text)) return 'number';
  return 'text';
}

/** The thing of a kind in a text; of several the first or the last. */
function foundIn(
  text: string,
  kind: Kind,
  choices: readonly string[] | undefined,
  which: 'first' | 'last',
): string | undefined {
  switch (kind) {
    case 'option':
      return optionIn(text, choices, which);
    case 'word':
      return pick(wordsIn(text), which);
    case 'number':
      return numberIn(text, which);
    case 'text':
      return undefined;
  }
}

const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').replace(/\.$/, '').toLowerCase();

const pick = <T>(values: readonly T[], which: 'first' | 'last'): T | undefined =>
  values.at(which === 'first' ? 0 : -1);

/** A letter at the start (`B`, `b)`, `B. Paris`), an option's own text, `(B)`, or a capital letter that stands alone. */
function optionIn(
  text: string,
  choices: readonly string[] | undefined,
  which: 'first' | 'last',
): string | undefined {
  const leading = /^\s*(?:\(([A-Za-z])\)?|([A-Za-z])\)|([A-Za-z])(?=[.:,]?\s*$|[.:]\s))/.exec(text);
  const parenthesised = [...text.matchAll(/\(([A-Za-z])\)/g)].map(([, letter]) => letter);
  const letter =
    (parenthesised.length > 1 ? undefined : (leading?.[1] ?? leading?.[2] ?? leading?.[3])) ??
    letterOfText(text, choices) ??
    pick(parenthesised, which) ??
    pick(
      [...text.matchAll(/\b([A-Z])\b(?!['’])/g)].map(([, capital]) => capital),
      which,
    );
  return letter?.toLowerCase();
}

function letterOfText(text: string, choices: readonly string[] = []): string | undefined {
  const at = choices.flatMap((choice, index) => (plain(choice) === plain(text) ? [index] : []));
  return at.length === 1 && at[0] !== undefined ? letterOf(at[0]) : undefined;
}

const wordsIn = (text: string): string[] =>
  [...text.toLowerCase().matchAll(/[a-z]+/g)].map(([word]) => word).filter((word) => WORDS.includes(word));

/** Of an equation its right side. */
function numberIn(text: string, which: 'first' | 'last'): string | undefined {
  const side = which === 'first' ? (text.split('=').at(-1) ?? text) : text;
  const found = pick([...side.matchAll(NUMBER)], which)?.[0];
  return found === undefined ? undefined : String(Number(found.replace(/[$,\s]/g, '')));
}
