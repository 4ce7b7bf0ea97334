import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesFor, queueName } from '@gistpool/queue';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/gistpool';
import { helm, type Manifest, NO_HELM, parsed, podsOf, readChart, render, scenarios } from './support/chart';

/** Rung 2: what is rendered, and what it means. */
const all = new Map<string, Manifest[]>();
const texts = new Map<string, string>();
const everything = () => [...all.values()].flat();
const of = (scenario: string): Manifest[] => all.get(scenario) ?? [];
const byName = (scenario: string, kind: string, name: string): Manifest => {
  const found = of(scenario).find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`${scenario} renders no ${kind} ${name}`);
  return found;
};

/** A made password differs each time, and whole files of the chart stand in it already. */
const steady = (text: string): string =>
  text
    .replace(/^( {2}(?:password|bootstrap-key): )\S+$/gm, '$1(made once)')
    .replace(
      /^( {2}(?:gistpool\.json|submit-job\.mjs): \|-\n)(?: {4}.*\n|\n)+/gm,
      '$1    (a file of the chart)\n',
    );

describe.skipIf(helm === undefined)('what the chart renders', () => {
  beforeAll(async () => {
    for (const scenario of scenarios) {
      const { text } = await render({ scenario });
      texts.set(scenario, text);
      all.set(scenario, parsed(text));
    }
  });

  for (const scenario of scenarios)
    it(`is as it was: ${scenario}`, async () => {
      await expect(steady(texts.get(scenario) ?? '')).toMatchFileSnapshot(`snapshots/${scenario}.yaml`);
    });

  it('runs every container without any privilege and without a token of Kubernetes', () => {
    const pods = podsOf(everything());
    expect(pods.length).toBeGreaterThan(20);
    for (const { of: owner, pod } of pods) {
      const where = `${owner.kind} ${owner.metadata.name}`;
      expect(pod.automountServiceAccountToken, where).toBe(false);
      expect(pod.securityContext, where).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext, `${where} ${container.name}`).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources, `${where} ${container.name}`).toHaveProperty('requests');
      }
    }
    expect(everything().filter(({ kind }) => /Role/.test(kind))).toEqual([]);
  });

  it('gives every container of ours a place to write: /tmp and /data', () => {
    for (const { of: owner, pod } of podsOf(everything())) {
      const component = owner.metadata.labels['app.kubernetes.io/component'] ?? '';
      if (!['api', 'scheduler', 'worker'].includes(component)) continue;
      const paths = pod.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath);
      expect(paths).toEqual(expect.arrayContaining(['/tmp', '/data']));
      const mounted = [...pod.containers, ...(pod.initContainers ?? [])].flatMap(
        ({ volumeMounts = [] }) => volumeMounts,
      );
      expect(new Set(mounted.map(({ name }) => name))).toEqual(new Set(pod.volumes?.map(({ name }) => name)));
    }
  });

  it('probes by HTTP whatever speaks it, and never by the name of a process', () => {
    for (const { of: owner, pod } of podsOf(everything())) {
      for (const container of pod.containers) {
        if (container.name === 'submit-job') continue;
        const { livenessProbe, readinessProbe, startupProbe } = container;
        const probes = [livenessProbe, readinessProbe, ...(startupProbe ? [startupProbe] : [])];
        const way = container.name === 'redis' ? 'exec' : 'httpGet';
        for (const probe of probes) expect(probe, owner.metadata.name).toHaveProperty(way);
        expect(JSON.stringify(probes)).not.toMatch(/pgrep|\bps\b/);
      }
    }
  });

  it('has no replicas where KEDA counts them, and replicas where it does not', () => {
    const pools = everything().filter(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.labels['gistpool/pool'],
    );
    const scaled = new Set(
      scenarios.flatMap((scenario) =>
        of(scenario).flatMap(({ kind, spec }) =>
          kind === 'ScaledObject' ? [`${scenario} ${spec.scaleTargetRef?.name}`] : [],
        ),
      ),
    );
    expect(pools.length).toBeGreaterThan(scaled.size);
    for (const scenario of scenarios)
      for (const { kind, metadata, spec } of of(scenario)) {
        if (kind !== 'Deployment') continue;
        const isScaled = scaled.has(`${scenario} ${metadata.name}`);
        expect('replicas' in spec, `${scenario} ${metadata.name}`).toBe(!isScaled);
      }
    expect(scaled.size).toBe(5);
  });

  it('gives every process more time to end than it takes for itself', () => {
    const constant = (file: string, name: string): number => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const found = new RegExp(`const ${name} = ([\\d_]+);`).exec(text)?.[1];
      if (found === undefined) throw new Error(`${file} has no ${name}`);
      return Number(found.replaceAll('_', '')) / 1000;
    };
    const needs = {
      worker:
        constant('apps/worker/src/worker.ts', 'DRAIN_MS') + constant('apps/worker/src/main.ts', 'CLOSE_MS'),
      // Its endpoints are forgotten meanwhile.
      api: constant('apps/api/src/main.ts', 'STOP_WITHIN_MS') + 5,
      scheduler: 10,
    };
    for (const { of: owner, pod } of podsOf(everything())) {
      const component = owner.metadata.labels['app.kubernetes.io/component'] as keyof typeof needs;
      if (component in needs) expect(pod.terminationGracePeriodSeconds).toBe(needs[component] + 30);
    }
  });

  it('asks for the card that a pool is of, and for the image and the device that go with it', () => {
    const of = (scenario: string, name: string) => {
      const container = byName(scenario, 'Deployment', name).spec.template?.spec.containers[0];
      const device = container?.env?.find((one) => one.name === 'GISTPOOL_DEVICE')?.value;
      return { limits: container?.resources?.['limits'], device, image: container?.image };
    };
    expect(of('one-gpu', 'pool-gistpool-worker-gpu')).toEqual({
      limits: { memory: '24Gi', 'nvidia.com/gpu': 1 },
      device: 'cuda',
      image: 'gistpool/worker:0.1.0-cuda',
    });
    expect(of('many-pools', 'pool-gistpool-worker-slice')).toMatchObject({
      limits: { 'nvidia.com/mig-3g.40gb': 1 },
      device: 'cuda',
    });
    expect(of('cpu-only', 'pool-gistpool-worker-cpu')).toEqual({
      limits: { cpu: '2', memory: '1Gi' },
      device: 'cpu',
      image: 'gistpool/worker:0.1.0-cpu',
    });
    expect(of('air-gapped', 'pool-gistpool-worker-gpu').image).toMatch(
      /^registry\.internal:5000\/gistpool\/worker:0\.1\.0-cuda@sha256:[0-9a-f]{64}$/,
    );
  });

  it('takes every image from the one registry of an air gap, and fetches nothing', () => {
    for (const { pod } of podsOf(of('air-gapped'))) {
      for (const { image } of pod.containers) expect(image).toMatch(/^registry\.internal:5000\//);
      expect(pod.initContainers).toBeUndefined();
    }
  });

  it('reads secrets from secrets: no password stands in the environment', () => {
    for (const { pod } of podsOf(of('external-redis-tls'))) {
      for (const { name, value, valueFrom } of pod.containers[0]?.env ?? [])
        if (/REDIS_URL|SECRET|ACCESS_KEY/.test(name)) {
          expect(value, name).toBeUndefined();
          expect(valueFrom, name).toHaveProperty('secretKeyRef');
        }
    }
  });

  it('writes numbers as numbers: never in a form that a setting would not be read from', () => {
    const values = podsOf(everything()).flatMap(({ pod }) => pod.containers[0]?.env ?? []);
    for (const { name, value } of values)
      if (name.startsWith('GISTPOOL_')) expect(value ?? '', name).not.toMatch(/\de[+-]?\d/);
    const api = byName('many-pools', 'Deployment', 'pool-gistpool-api').spec.template?.spec.containers[0];
    expect(api?.env).toContainEqual({ name: 'GISTPOOL_SCALING_DRAIN_MS', value: '1800000' });
  });

  it('takes a zero and a no for what they are', async () => {
    const inline = {
      redis: { external: { url: 'redis://redis:6379' } },
      blobs: { s3: { url: 's3://results' } },
      models: { nano: { file: 'nano.gguf', bundled: true } },
      workerPools: {
        cpu: {
          model: 'nano',
          autoscaling: { maxReplicas: 2, cooldownSeconds: 0, fallbackReplicas: 0, scaleDownAfterSeconds: 0 },
          settings: { GISTPOOL_PARK_MIB: 0, GISTPOOL_FLASH_ATTENTION: false },
        },
      },
    };
    const rendered = parsed((await render({ inline })).text);
    const worker = podsOf(rendered).find(({ of: owner }) => owner.metadata.name.endsWith('worker-cpu'));
    expect(worker?.pod.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: 'GISTPOOL_PARK_MIB', value: '0' },
        { name: 'GISTPOOL_FLASH_ATTENTION', value: 'false' },
      ]),
    );
    expect(rendered.find(({ kind }) => kind === 'ScaledObject')?.spec).toMatchObject({
      cooldownPeriod: 0,
      fallback: { replicas: 0 },
      advanced: {
        horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } },
      },
    });
  });

  it('names keys of Redis as the queue does, dots of a tenant and all, and by one helper', () => {
    const prefix = 'research';
    const model = 'qwen2.5-7b-lightthinker';
    const names = namesFor(prefix);
    const wanted = ['default', 'team.a'].flatMap((tenant) => {
      const queue = queueName(model, tenant);
      return [names.waiting(queue), names.prioritized(queue)];
    });
    const { triggers = [] } = byName('many-pools', 'ScaledObject', 'pool-gistpool-worker-h100').spec;
    const lists = triggers.filter(({ type }) => type === 'redis').map(({ metadata }) => metadata['listName']);
    expect(lists).toEqual(wanted);
    const files = ['autoscaling.yaml', 'workers.yaml', 'api.yaml', '_pod.tpl', '_redis.tpl'];
    const mentions = files.filter((file) => /:bull:|reasoning\./.test(readChart(`templates/${file}`)));
    expect(mentions).toEqual(['_redis.tpl']);
  });

  it('selects by labels that its pods have', () => {
    for (const scenario of scenarios)
      for (const { kind, metadata, spec } of of(scenario)) {
        if (!['Service', 'PodDisruptionBudget'].includes(kind)) continue;
        const labels =
          kind === 'Service' ? (spec.selector as Record<string, string>) : spec.selector?.matchLabels;
        const chosen = podsOf(of(scenario)).filter(({ of: owner }) => {
          const its = owner.spec.template?.metadata.labels ?? {};
          return Object.entries(labels ?? {}).every(([key, value]) => its[key] === value);
        });
        expect(chosen.length, `${scenario} ${kind} ${metadata.name}`).toBeGreaterThan(0);
      }
  });

  it('lets nobody but the pods of the release and KEDA at the embedded Redis', async () => {
    const inline = {
      redis: { embedded: { enabled: true } },
      blobs: { volume: { enabled: true } },
      networkPolicy: { enabled: true },
    };
    const policies = (await render({ inline })).text
      .split('---')
      .filter((one) => one.includes('kind: NetworkPolicy'));
    const redis = policies
      .map((one) => parse(one) as Manifest)
      .find(({ metadata }) => metadata.name.endsWith('-redis'));
    expect(redis?.spec['ingress']).toEqual([
      {
        ports: [{ port: 'redis', protocol: 'TCP' }],
        from: [
          {
            podSelector: {
              matchLabels: { 'app.kubernetes.io/name': 'gistpool', 'app.kubernetes.io/instance': 'pool' },
            },
          },
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'keda' } } },
        ],
      },
    ]);
  });

  it('carries the very alerts and the very dashboard of deploy/', () => {
    const rule = byName('many-pools', 'PrometheusRule', 'pool-gistpool');
    expect(rule.spec).toEqual(parse(readFileSync(join(ROOT, 'deploy/prometheus/rules.yaml'), 'utf8')));
    const dashboard =
      byName('many-pools', 'ConfigMap', 'pool-gistpool-dashboard').data?.['gistpool.json'] ?? '';
    expect(JSON.parse(dashboard)).toEqual(
      JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/gistpool.json'), 'utf8')),
    );
  });
});

if (helm === undefined) it.skip(NO_HELM);
