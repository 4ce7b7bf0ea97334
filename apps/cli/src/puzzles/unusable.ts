import type { z } from 'zod';
import { CliError, EXIT } from '../exit';

/** A data file that cannot be used: which, where in it, why, and what was expected. */
export class Unusable extends CliError {
  constructor(source: string, where: number | string | undefined, why: string) {
    const place = where === undefined ? '' : typeof where === 'number' ? `, line ${where}` : `, ${where}`;
    super(`${source}${place}: ${why}`, EXIT.usage);
    this.name = 'Unusable';
  }
}

/** The first complaint of a schema, with the field it is about. */
export function complaint({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return 'it does not have the expected form';
  const field = issue.path.join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}
