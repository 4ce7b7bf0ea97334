import { ApiErrorBody } from '@gistpool/contracts';

/** The pool refused. `code` says why for programs, the message for people; asking the same again would be refused again. */
export class GistpoolError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly param: string | null,
  ) {
    super(message);
    this.name = 'GistpoolError';
  }

  static async of(answer: Response): Promise<GistpoolError> {
    const text = await answer.text();
    const parsed = ApiErrorBody.loose().safeParse(errorIn(text));
    if (parsed.success) {
      const { code, message, param } = parsed.data;
      return new GistpoolError(answer.status, code, message, param);
    }
    return new GistpoolError(answer.status, 'unexpected', `${answer.status}: ${text.slice(0, 200)}`, null);
  }
}

function errorIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { error?: unknown }).error;
  } catch {
    return undefined;
  }
}
