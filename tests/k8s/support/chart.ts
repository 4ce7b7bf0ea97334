import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../support/gistpool';
import { findTool, lacks, run } from './tools';

export const CHART = join(ROOT, 'helm', 'gistpool');
const SCENARIOS = join(CHART, 'ci');

/** Names of the example values, each a whole installation. */
export const scenarios: readonly string[] = readdirSync(SCENARIOS)
  .map((file) => basename(file, '.yaml'))
  .sort();
export const valuesFile = (scenario: string): string => join(SCENARIOS, `${scenario}.yaml`);

export const helm = findTool('helm');
export const NO_HELM = lacks('helm');

/** What every rendering is told: with a cluster Helm would ask it. */
export const RELEASE = ['--namespace', 'jobs', '--kube-version', '1.35.0'];

interface Named {
  readonly name: string;
}

export interface Container extends Named {
  readonly image: string;
  readonly args?: string[];
  readonly env?: (Named & { readonly value?: string; readonly valueFrom?: Record<string, unknown> })[];
  readonly securityContext?: Record<string, unknown>;
  readonly resources?: Record<string, Record<string, unknown>>;
  readonly volumeMounts?: (Named & { readonly mountPath: string; readonly readOnly?: boolean })[];
  readonly livenessProbe?: Record<string, unknown>;
  readonly readinessProbe?: Record<string, unknown>;
  readonly startupProbe?: Record<string, unknown>;
}

export interface PodSpec {
  readonly containers: Container[];
  readonly initContainers?: Container[];
  readonly volumes?: Named[];
  readonly securityContext?: Record<string, unknown>;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
}

export interface Trigger {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly authenticationRef?: Named;
}

/** A rendered object; what a kind does not have is absent. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Named & { readonly labels: Record<string, string> };
  readonly data?: Record<string, string>;
  readonly spec: {
    readonly replicas?: number;
    readonly template?: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: PodSpec;
    };
    readonly selector?: Record<string, unknown> & { readonly matchLabels?: Record<string, string> };
    readonly triggers?: Trigger[];
    readonly scaleTargetRef?: Named;
    readonly [field: string]: unknown;
  };
}

/** What the made secrets hold: `NAME/KEY` to value. */
export const secretsOf = (all: readonly Manifest[]): ReadonlyMap<string, string> =>
  new Map(
    all
      .filter(({ kind }) => kind === 'Secret')
      .flatMap(({ metadata, data = {} }) =>
        Object.entries(data).map(([key, value]): [string, string] => [
          `${metadata.name}/${key}`,
          Buffer.from(value, 'base64').toString(),
        ]),
      ),
  );

/** Renders with a scenario's values, or with inline ones. */
export async function render(
  values: { readonly scenario: string } | { readonly inline: object },
  more: readonly string[] = [],
): Promise<{ readonly text: string; readonly refusal: string }> {
  if (helm === undefined) throw new Error(NO_HELM);
  const file = 'scenario' in values ? valuesFile(values.scenario) : '-';
  // JSON is YAML.
  const input = 'inline' in values ? JSON.stringify(values.inline) : '';
  const said = await run(helm, ['template', 'pool', CHART, ...RELEASE, '--values', file, ...more], input);
  return { text: said.code === 0 ? said.stdout : '', refusal: said.code === 0 ? '' : said.stderr };
}

export const parsed = (text: string): Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((one) => one !== null);

export async function manifests(scenario: string): Promise<Manifest[]> {
  const { text, refusal } = await render({ scenario });
  if (refusal !== '') throw new Error(refusal);
  return parsed(text);
}

/** Pods of workloads and of tests alike. */
export const podsOf = (all: readonly Manifest[]): { readonly of: Manifest; readonly pod: PodSpec }[] =>
  all.flatMap((one) => {
    if (one.kind === 'Pod') return [{ of: one, pod: one.spec as unknown as PodSpec }];
    const pod = one.spec?.template?.spec;
    return pod === undefined ? [] : [{ of: one, pod }];
  });

export const readChart = (path: string): string => readFileSync(join(CHART, path), 'utf8');
