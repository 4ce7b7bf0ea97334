/**
 * The part of a model's answer that states its result: the last `\boxed{…}`, else what follows the last "answer is"
 * (or "answer:", or GSM8K's `####`). Undefined when it states none so.
 */
export function statedSpan(text: string): { readonly text: string; readonly isBoxed: boolean } | undefined {
  const boxed = lastBoxed(text);
  if (boxed !== undefined) return { text: withoutMarkup(boxed), isBoxed: true };
  const clause = lastClause(text);
  return clause === undefined ? undefined : { text: withoutMarkup(clause), isBoxed: false };
}

/** The content of the last `\boxed{…}` whose braces are balanced and that holds anything. */
export function lastBoxed(text: string): string | undefined {
  let found: string | undefined;
  for (const { index, 0: start } of text.matchAll(/\\boxed\s*\{/g)) {
    const from = index + start.length;
    const end = closingBrace(text, from);
    if (end === undefined) continue;
    const content = text.slice(from, end).trim();
    if (content !== '') found = content;
  }
  return found;
}

/** Where the brace that was opened just before `from` closes. */
function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

const CLAUSE = /(?:\banswer\b[*_\s]*(?:is|are|:|=)(?:[*_\s]*:)?|####)[*_\s]*([^\n]+)/gi;

/** To the end of its sentence; a full stop within a number ends none. */
const lastClause = (text: string): string | undefined =>
  [...text.matchAll(CLAUSE)]
    .map(([, rest = '']) => rest.replace(/\.(?:\s.*|[*_$]*)$/, '').trim())
    .filter((clause) => clause !== '')
    .at(-1);

/** Without LaTeX's and Markdown's dress. */
export function withoutMarkup(text: string): string {
  let plain = text;
  for (let before = ''; before !== plain;) {
    before = plain;
    plain = plain.replace(/\\(?:text|textbf|textit|mathrm|mathbf|mbox|boxed)\s*\{([^{}]*)\}/g, '$1');
  }
  return plain
    .replace(/\\(?:left|right|displaystyle)\b|\\[,;!]|\*\*|`/g, '')
    .replace(/\{,\}/g, ',')
    .replace(/\\([$%{}])/g, '$1')
    .replace(/^\$+|\$+$/g, '')
    .trim();
}
