/** The events of a job that has ended can still be read for so long. */
export const KEEP_EVENTS_MS = 15 * 60_000;
