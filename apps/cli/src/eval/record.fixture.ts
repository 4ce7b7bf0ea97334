import type { Usage } from '@gistpool/contracts';
import type { ItemRecord } from './item-record';
import { itemsOf } from './items';
import type { RunInfo } from './run-info';
import type { Run } from './run-line';

export const usageOf = (usage: Partial<Usage> = {}): Usage => ({
  prompt_tokens: 40,
  reasoning_tokens: 100,
  answer_tokens: 4,
  generated_tokens: 104,
  thoughts: 5,
  compressions: 5,
  peak_cells: 90,
  peak_tokens: 90,
  predicted_peak_cells: 300,
  dep: 6000,
  kv_bytes_at_peak: 90 * 3072,
  vanilla_peak_cells: 144,
  vanilla_dep: 9620,
  kv_byte_seconds: 17_000,
  queue_ms: 10,
  run_ms: 400,
  resumes: 0,
  replayed_tokens: 0,
  overflows: 0,
  ...usage,
});

export const recordOf = (record: Partial<ItemRecord> = {}): ItemRecord => ({
  id: 'f-1',
  sample: 0,
  data_set: 'own',
  family: 'f',
  fingerprint: 'x',
  target: 'Yes',
  answer: 'yes',
  answer_text: 'Yes',
  right: true,
  state: 'completed',
  placed_at_ms: 1000,
  finished_at_ms: 2000,
  usage: usageOf(),
  ...record,
});

export const infoOf = (info: Partial<RunInfo> = {}): RunInfo => ({
  version: 1,
  model: {
    name: 'nano',
    mode: 'lightthinker',
    architecture: 'qwen2',
    gist_count: 2,
    kv_bytes_per_cell: 3072,
  },
  prompt: 'bare',
  samples: 1,
  temperature: 0,
  seed: 0,
  items: 3,
  items_fingerprint: 'all',
  source: 'few.jsonl',
  started_at_ms: 1,
  ...info,
});

export function runOf(
  label: string,
  records: readonly ItemRecord[],
  mode = 'lightthinker',
  architecture = 'qwen2',
): Run {
  const info = infoOf({ items: records.length });
  return {
    label,
    info: { ...info, model: { ...info.model, name: label, mode, architecture } },
    items: itemsOf(records),
  };
}
