import { z } from 'zod';
import { JobFilter } from '@gistpool/contracts';

/** A wrong cursor is refused: read as the first page, it would let a client turn in a circle. */
export const ListQuery = JobFilter.extend({
  cursor: z
    .string()
    .regex(/^\d{1,19}$/, 'is not a cursor; take next_cursor of the page before')
    .optional(),
});

/** Query of `GET /v1/jobs/counts`. */
export const CountsQuery = JobFilter.pick({ model: true, task: true, tenant: true, tag: true, batch: true });
