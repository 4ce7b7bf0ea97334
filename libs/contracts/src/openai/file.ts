import { z } from 'zod';

/** A larger file is refused while it comes in. */
export const MAX_FILE_BYTES = 200 * 1024 * 1024;

/** What `GET /v1/files/:id` answers, as OpenAI's API does. Times are Unix seconds. */
export const FileObject = z.object({
  id: z.string(),
  object: z.literal('file'),
  bytes: z.int(),
  created_at: z.int(),
  /** As the client named it; never a path of ours. */
  filename: z.string(),
  /** `batch`: uploaded by a client. `batch_output`: written by a batch. */
  purpose: z.enum(['batch', 'batch_output']),
  status: z.literal('processed'),
});
export type FileObject = z.infer<typeof FileObject>;

export const FilePage = z.object({
  object: z.literal('list'),
  data: z.array(FileObject),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});
export type FilePage = z.infer<typeof FilePage>;

export const FileDeleted = z.object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) });
export type FileDeleted = z.infer<typeof FileDeleted>;

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not an id; take last_id of the page before');

/** Query of `GET /v1/files`. */
export const FileFilter = z.strictObject({
  purpose: z.enum(['batch', 'batch_output']).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: id.optional(),
});
export type FileFilter = z.infer<typeof FileFilter>;
