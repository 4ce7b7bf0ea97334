import type { BatchError } from '@gistpool/contracts';
import type { ApiError } from '../../http/api-error';

export const batchErrorOf = ({ code, message, param }: ApiError, line: number | null): BatchError => ({
  code,
  message,
  param,
  line,
});

/** Why a line was not tried, or not to its end. */
export type Stop = 'batch_cancelled' | 'batch_expired';

const STOPPED: Readonly<Record<Stop, string>> = {
  batch_cancelled: 'This request was not executed: the batch was cancelled.',
  batch_expired: 'This request could not be executed before the completion window expired.',
};

export const stopError = (stop: Stop, line: number): BatchError => ({
  code: stop,
  message: STOPPED[stop],
  param: null,
  line,
});
