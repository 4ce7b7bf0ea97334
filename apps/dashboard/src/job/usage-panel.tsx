import type { Usage } from '@gistpool/contracts';
import { bytes, count, percent } from '../format/numbers';
import { duration } from '../format/time';
import { Figures } from '../ui/figures';

/** What it cost, and what plain decoding of the same text would have. */
export function UsagePanel({ usage }: { readonly usage: Usage }) {
  const saved = 1 - usage.peak_cells / Math.max(1, usage.vanilla_peak_cells);
  return (
    <section className="panel stack tight" aria-labelledby="usage">
      <h2 id="usage">Usage</h2>
      <Figures
        isPlain
        figures={[
          ['peak cells', `${count(usage.peak_cells)} (${count(usage.predicted_peak_cells)} predicted)`],
          ['without compression', `${count(usage.vanilla_peak_cells)} (${percent(saved)} saved)`],
          ['KV memory at peak', bytes(usage.kv_bytes_at_peak)],
          ['KV memory x time', `${bytes(usage.kv_byte_seconds)} x s`],
          ['tokens', `${count(usage.prompt_tokens)} + ${count(usage.generated_tokens)}`],
          ['reasoning, answer', `${count(usage.reasoning_tokens)}, ${count(usage.answer_tokens)}`],
          ['Dep', `${count(usage.dep)} (${count(usage.vanilla_dep)} plain)`],
          ['waited, ran', `${duration(usage.queue_ms)}, ${duration(usage.run_ms)}`],
          ['resumed, replayed', `${count(usage.resumes)}, ${count(usage.replayed_tokens)} tokens`],
        ]}
      />
    </section>
  );
}
