import type { z } from 'zod';
import { ApiError, clip } from './api-error';

const LISTED_PROBLEMS = 10;

/** What the client sent, as the schema reads it; else every problem in one error, `param` naming the first. */
export function validate<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(problemsOf);
  const [first] = problems;
  const listed = problems.slice(0, LISTED_PROBLEMS).map((problem) => problem.text);
  if (problems.length > LISTED_PROBLEMS) listed.push(`and ${problems.length - LISTED_PROBLEMS} more`);
  throw new ApiError(400, 'invalid_request', listed.join('; '), first?.param ?? null);
}

interface Problem {
  readonly param: string | null;
  readonly text: string;
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const param = dotted([...issue.path, key]);
      return { param, text: `${param} is not a known field` };
    });
  }
  const param = dotted(issue.path);
  return [{ param, text: `${param ?? 'the request'}: ${reason(issue)}` }];
}

function dotted(path: readonly PropertyKey[]): string | null {
  return path.length === 0 ? null : clip(path.map(String).join('.'), 120);
}

/** zod's sentences speak of inputs and types; these say the same to someone who looks at their JSON. */
function reason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${article(issue.expected)}`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1 && issue.message.startsWith('Too small'))
        return 'is empty';
      return lowered(issue.message);
    default:
      return lowered(issue.message);
  }
}

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);

const lowered = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);
