import type { QueueConfig } from './queue-config';

/** The events of a job that has ended can still be read for so long where no setting says otherwise. */
export const KEEP_EVENTS_MS = 15 * 60_000;

export const keepEventsMsOf = ({ keepEventsMs = KEEP_EVENTS_MS }: QueueConfig): number => keepEventsMs;
