import { z } from 'zod';
import { PROMPTS } from './prompt';

/** `run.json`: what a run asks whom, and how. Everything that its answers depend on. */
export const RunInfo = z.object({
  version: z.literal(1),
  model: z.object({
    name: z.string(),
    /** lightthinker (thought level), token (level), vanilla, memento or window. */
    mode: z.string(),
    architecture: z.string(),
    gist_count: z.int(),
    every_tokens: z.int().optional(),
    kv_bytes_per_cell: z.int(),
  }),
  prompt: z.enum(PROMPTS),
  samples: z.int().min(1),
  temperature: z.number(),
  seed: z.int(),
  max_tokens: z.int().optional(),
  items: z.int(),
  items_fingerprint: z.string(),
  source: z.string(),
  started_at_ms: z.int(),
});
export type RunInfo = z.infer<typeof RunInfo>;

/** In what a run that was begun differs from one that would go on with it; undefined when in nothing. */
export function differenceOf(begun: RunInfo, wanted: RunInfo): string | undefined {
  const facts = (info: RunInfo): Record<string, unknown> => ({
    model: info.model.name,
    mode: info.model.mode,
    prompt: info.prompt,
    samples: info.samples,
    temperature: info.temperature,
    seed: info.seed,
    'max-tokens': info.max_tokens ?? "the model's default",
  });
  const [was, is] = [facts(begun), facts(wanted)];
  for (const key of Object.keys(is)) {
    if (was[key] !== is[key]) return `${key} was ${String(was[key])} and is now ${String(is[key])}`;
  }
  if (begun.items_fingerprint === wanted.items_fingerprint) return undefined;
  return begun.items === wanted.items
    ? 'the items are not the same'
    : `the items are not the same (${begun.items} then, ${wanted.items} now)`;
}
