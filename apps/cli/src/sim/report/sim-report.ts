import type { TraceOutcome } from '../run-sim';
export const simReport = (_traces: readonly TraceOutcome[], _options: unknown): string => '';
