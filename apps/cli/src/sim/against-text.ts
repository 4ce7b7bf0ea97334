import type { Against, AgainstFigures } from '@gistpool/sim';
import { table } from '../view/table';

const ROWS: readonly (readonly [keyof AgainstFigures, string, number])[] = [
  ['sessions_mean', 'sessions at once, while jobs wait', 1],
  ['sessions_peak', 'most sessions at once', 0],
  ['makespan_s', 'makespan s', 1],
  ['jobs_per_hour', 'jobs per hour', 0],
  ['overflows', 'overflows', 0],
];

export function againstText(against: Against): string {
  const { trace, jobs, model, figures, step_time: time } = against;
  const rows = ROWS.map(([name, label, decimals]) => {
    const { measured, simulated, ratio } = figures[name];
    const told = Number.isFinite(ratio) ? ratio.toFixed(3) : '-';
    return [label, measured.toFixed(decimals), simulated.toFixed(decimals), told];
  });
  const percent = `${+(100 * against.within).toFixed(1)} %`;
  const peaks =
    against.peaks_differ === 0
      ? 'Every course comes to the peak that was measured.'
      : `${against.peaks_differ} of ${jobs} courses come to another peak than was measured.`;
  return (
    table([`${trace}: ${jobs} jobs of ${model}`, 'measured', 'simulated', 'ratio'], rows) +
    `\nA step: ${time.pass_ms.toFixed(2)} ms + ${time.session_ms.toFixed(3)} x sessions + ` +
    `${(1000 * time.cell_ms).toFixed(3)} us x cells; prefill ${time.prefill_ms.toFixed(3)} ms a token; ` +
    `fitted to the run, ${(100 * time.error).toFixed(1)} % of a job's time unexplained. ` +
    `Hand-over ${against.hand_over_ms.toFixed(0)} ms.\n${peaks}\n` +
    (against.is_met
      ? `Sessions and makespan agree within ${percent}.\n`
      : `Sessions or makespan differ by more than ${percent}.\n`)
  );
}
