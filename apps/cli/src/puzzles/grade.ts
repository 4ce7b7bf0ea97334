type Kind = 'option' | 'word' | 'number' | 'text';

const WORDS = ['yes', 'no', 'true', 'false', 'valid', 'invalid'];
const NUMBER = /-?\$?\d[\d,]*(?:\.\d+)?/g;

/**
 * Whether an answer means its target. What counts is the last thing of the target's kind in the answer:
 * an option `(A)`, one of Yes, No, True, False, …, or a number; anything else must read the same but for
 * case, blanks and a final full stop.
 */
export function isRight(answer: string, target: string): boolean {
  const kind = kindOf(target);
  return answer.trim() !== '' && normalised(answer, kind) === normalised(target, kind);
}

function kindOf(target: string): Kind {
  const text = plain(target);
  if (/^\(?[a-z]\)?$/.test(text)) return 'option';
  if (WORDS.includes(text)) return 'word';
  if (/^-?\$?\d[\d,]*(\.\d+)?$/.test(text)) return 'number';
  return 'text';
}

function normalised(text: string, kind: Kind): string {
  switch (kind) {
    case 'option':
      return optionIn(text) ?? plain(text);
    case 'word':
      return wordIn(text) ?? plain(text);
    case 'number':
      return numberIn(text) ?? plain(text);
    case 'text':
      return plain(text);
  }
}

const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').replace(/\.$/, '').toLowerCase();

/** `(B)`, else a capital letter that stands alone: `A)`, `The answer is B.` */
const optionIn = (text: string): string | undefined =>
  (
    [...text.matchAll(/\(([A-Za-z])\)/g)].at(-1)?.[1] ??
    /^\(?([A-Za-z])\)?\.?$/.exec(text.trim())?.[1] ??
    [...text.matchAll(/\b([A-Z])\b(?!['’])/g)].at(-1)?.[1]
  )?.toLowerCase();

const wordIn = (text: string): string | undefined =>
  [...text.toLowerCase().matchAll(/[a-z]+/g)]
    .map(([word]) => word)
    .filter((word) => WORDS.includes(word))
    .at(-1);

function numberIn(text: string): string | undefined {
  const found = [...text.matchAll(NUMBER)].at(-1)?.[0];
  return found === undefined ? undefined : String(Number(found.replace(/[$,]/g, '')));
}
