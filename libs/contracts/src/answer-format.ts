import { z } from 'zod';
import { schemaProblem } from './answer-schema';

export const MAX_FORMAT_CHARS = 65_536;

const JsonSchemaFormat = z
  .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
  .superRefine(({ schema }, context) => {
    const isLong = JSON.stringify(schema).length > MAX_FORMAT_CHARS;
    const problem = isLong
      ? { path: [], reason: `at most ${MAX_FORMAT_CHARS} characters` }
      : schemaProblem(schema);
    if (problem === undefined) return;
    context.addIssue({ code: 'custom', message: problem.reason, path: ['schema', ...problem.path] });
  });

/** What the answer must look like; thoughts are free. The engine lets through no token that would break it. */
export const AnswerFormat = z.discriminatedUnion('type', [
  /** Any JSON object. */
  z.strictObject({ type: z.literal('json_object') }),
  JsonSchemaFormat,
  /** In GBNF, from the rule `root`. */
  z.strictObject({ type: z.literal('grammar'), grammar: z.string().min(1).max(MAX_FORMAT_CHARS) }),
]);
export type AnswerFormat = z.infer<typeof AnswerFormat>;
