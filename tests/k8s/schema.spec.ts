import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { helm, NO_HELM, render, scenarios } from './support/chart';
import { findTool, lacks, run } from './support/tools';

/** Rung 3: every object against the schemas of Kubernetes 1.35, KEDA and the Prometheus operator; unknown fields are errors. */
const SCHEMAS = join(import.meta.dirname, 'schemas', '{{ .ResourceKind }}{{ .KindSuffix }}.json');
const kubeconform = findTool('kubeconform');
const validate = (text: string) =>
  run(kubeconform ?? '', ['-strict', '-summary', '-output', 'json', '-schema-location', SCHEMAS, '-'], text);

describe.skipIf(helm === undefined || kubeconform === undefined)('kubeconform', () => {
  for (const scenario of scenarios)
    it(`finds every object of ${scenario} to be as its schema says`, async () => {
      const { text } = await render({ scenario });
      const { code, stdout } = await validate(text);
      const { resources, summary } = JSON.parse(stdout) as {
        resources: unknown[];
        summary: { valid: number; invalid: number; errors: number; skipped: number };
      };
      expect(resources).toEqual([]);
      expect(summary).toMatchObject({ invalid: 0, errors: 0, skipped: 0 });
      expect(summary.valid).toBeGreaterThan(8);
      expect(code).toBe(0);
    });

  it('would find a misspelt field', async () => {
    const { text } = await render({ scenario: 'cpu-only' });
    const { code, stdout } = await validate(text.replace('runAsNonRoot:', 'runAsNonRoots:'));
    expect(code).toBe(1);
    expect(stdout).toContain('runAsNonRoots');
  });
});

if (helm === undefined) it.skip(NO_HELM);
if (kubeconform === undefined) it.skip(lacks('kubeconform'));
