import { z } from 'zod';

/** What an event was sent under; the next stream begins after it. */
export const StreamId = z.string().regex(/^\d{1,19}(-\d{1,19})?$/, 'is not an event id of this stream');

export const EventsQuery = z.strictObject({ after: StreamId.optional() });
