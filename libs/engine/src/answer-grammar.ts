import { type AnswerFormat, toGrammarSchema } from '@gistpool/contracts';
import type { TokenId } from '@gistpool/core';
import type { EngineModel, GrammarState } from './binding';
import { messageOf } from './refused';

/** The converter waits for four line breaks, as a sign to stop; a session stops at the end token, which fits only there. */
const STOP_SIGN = ' "\\n\\n\\n\\n" [\\n]*';
/** The converter's whole numbers may have a negative exponent. */
const INTEGER_RULE = /^integer-number-rule ::= .*$/m;
const INTEGER = 'integer-number-rule ::= "-"? ("0" | [1-9] [0-9]{0,15})';

/** The grammar of a format, in GBNF. */
function grammarText(engine: EngineModel, format: AnswerFormat): string {
  if (format.type === 'grammar') return format.grammar;
  const schema =
    format.type === 'json_object'
      ? { type: 'object', additionalProperties: true }
      : toGrammarSchema(format.schema);
  const text = engine.grammarOfSchema(schema);
  const [root = '', ...rules] = text.split('\n');
  if (!root.endsWith(STOP_SIGN)) throw new Error('the engine has another converter than was expected');
  return [root.slice(0, -STOP_SIGN.length), ...rules].join('\n').replace(INTEGER_RULE, INTEGER);
}

/** An answer's grammar after the tokens that the answer has so far. Its sampler moves it on from there. */
export function grammarAfter(
  engine: EngineModel,
  format: AnswerFormat,
  answer: readonly TokenId[],
): GrammarState {
  const state = engine.beginGrammar(grammarText(engine, format));
  for (const token of answer) engine.acceptInGrammar(state, token);
  return state;
}

/** Why no answer can be held to this format; undefined: it can. */
export function formatProblem(engine: EngineModel, format: AnswerFormat): string | undefined {
  try {
    grammarAfter(engine, format, []);
    return undefined;
  } catch (error) {
    return format.type === 'grammar'
      ? 'is no grammar in GBNF with a rule named root, or one that leads to itself at its beginning'
      : messageOf(error);
  }
}
