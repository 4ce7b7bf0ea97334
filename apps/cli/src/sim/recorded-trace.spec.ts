import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTrace } from './recorded-trace';

describe('a recorded trace', () => {
  const file = (...lines: readonly string[]): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'gistpool-trace-')), 'trace.jsonl');
    writeFileSync(path, lines.join('\n'));
    return path;
  };
  const header = JSON.stringify({
    gistpool_trace: 1,
    name: 'mine',
    model: 'm',
    kv_bytes_per_cell: 1024,
    gist_count: 2,
    limits: { max_tokens: 100, max_thoughts: 10, max_thought_tokens: 50 },
  });
  const line = (arrival: number) =>
    JSON.stringify({ arrival_ms: arrival, prompt_tokens: 5, thought_tokens: [3, 4], answer_tokens: 2 });

  it('is read in order of arrival', () => {
    const trace = readTrace(file(header, line(9), line(1), ''));
    expect(trace.jobs.map(({ createdAtMs }) => createdAtMs)).toEqual([1, 9]);
    expect(trace.jobs[0]?.course()).toEqual({ thoughtTokens: [3, 4], tailTokens: 2 });
  });

  it('is refused with the lines that are wrong', () => {
    expect(() => readTrace(file(header, line(1), '{', '{"arrival_ms":-1}'))).toThrow(
      /line 3: not JSON\n {2}line 4: arrival_ms/,
    );
    expect(() => readTrace(file(''))).toThrow(/is empty/);
    expect(() => readTrace('/nowhere/trace.jsonl')).toThrow(/cannot read/);
  });
});
