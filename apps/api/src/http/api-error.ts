import type { ApiErrorBody, ErrorCode } from '@gistpool/contracts';

/** A refusal that the client is told about as it stands: status, code, what is wrong and what to do. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly param: string | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get body(): ApiErrorBody {
    return { code: this.code, message: this.message, param: this.param };
  }
}

/** Nothing was stored and nothing is lost: the same request may be sent again after `seconds`. */
export const unavailable = (message: string, seconds = 2): ApiError =>
  new ApiError(503, 'unavailable', message, null, { 'retry-after': String(seconds) });

export const jobNotFound = (id: string): ApiError =>
  new ApiError(404, 'job_not_found', `there is no job ${clip(id, 80)}`, 'id');

export const cardNotFound = (card: string): ApiError =>
  new ApiError(404, 'card_not_found', `there is no card ${clip(card, 80)}`, 'card');

export const fileNotFound = (id: string): ApiError =>
  new ApiError(404, 'file_not_found', `there is no file ${clip(id, 80)}`, 'id');

export const batchNotFound = (id: string): ApiError =>
  new ApiError(404, 'batch_not_found', `there is no batch ${clip(id, 80)}`, 'id');

/** Client text in a message: never longer than is useful to read. */
export const clip = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)}…`;
