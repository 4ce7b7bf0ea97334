export const letterOf = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

/** A multiple-choice question as one text, its options lettered on lines of their own. */
export const withChoices = (question: string, choices: readonly string[]): string =>
  [question.trim(), ...choices.map((choice, index) => `${letterOf(index)}. ${choice}`)].join('\n');

/** The texts of the options `(A) …`, `(B) …` that a question lists on lines of their own; undefined when it lists none. */
export function choicesIn(question: string): readonly string[] | undefined {
  const choices: string[] = [];
  for (const [, letter, text = ''] of question.matchAll(/^\(([A-Z])\) (.+)$/gm)) {
    if (letter !== letterOf(choices.length)) return undefined;
    choices.push(text.trim());
  }
  return choices.length === 0 ? undefined : choices;
}
