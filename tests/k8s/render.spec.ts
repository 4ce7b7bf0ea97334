import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHART, helm, manifests, NO_HELM, render, scenarios, valuesFile } from './support/chart';
import { run } from './support/tools';

/** Rung 1: what the chart takes, and in which words it refuses the rest. */
const TRY = {
  redis: { external: { url: 'redis://redis:6379' } },
  blobs: { s3: { url: 's3://results' } },
  models: { nano: { file: 'nano.gguf', bundled: true } },
  workerPools: { cpu: { model: 'nano', replicas: 1 } },
};
const changed = (change: object): object => ({ ...TRY, ...change });

describe.skipIf(helm === undefined)('the chart', () => {
  for (const scenario of scenarios) {
    it(`lints strictly and renders: ${scenario}`, async () => {
      const linted = await run(helm ?? '', [
        ...[
          'lint',
          CHART,
          '--strict',
          '--quiet',
          '--kube-version',
          '1.35.0',
          '--values',
          valuesFile(scenario),
        ],
      ]);
      expect(linted, linted.stdout).toMatchObject({ code: 0 });
      const kinds = (await manifests(scenario)).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['Deployment', 'Service', 'ServiceAccount', 'Pod']));
    });
  }

  it('refuses a Kubernetes that is too old', async () => {
    const args = ['template', 'pool', CHART, '--kube-version', '1.29.0', '--values', valuesFile('one-gpu')];
    expect(await run(helm ?? '', args)).toMatchObject({ code: 1, stderr: expect.stringContaining('1.30') });
  });

  const refusals: Record<string, [values: object, words: string | RegExp]> = {
    'no Redis': [changed({ redis: {} }), 'set redis.external.url'],
    'two of Redis': [
      changed({ redis: { ...TRY.redis, embedded: { enabled: true } } }),
      'set redis.embedded.enabled=false',
    ],
    'a password in the open': [
      changed({ redis: { external: { url: 'redis://:secret@redis:6379' } } }),
      'name it in redis.external.existingSecret',
    ],
    'no place for results': [changed({ blobs: {} }), 'set blobs.s3.url, or blobs.volume.enabled=true'],
    'a model that is not there': [
      changed({ workerPools: { cpu: { model: 'other', replicas: 1 } } }),
      'add models.other, or name one of: nano',
    ],
    'a model in two places': [
      changed({ models: { nano: { file: 'nano.gguf', bundled: true, claim: 'models' } } }),
      'models.nano lies in 2 places (claim, bundled)',
    ],
    'replicas under autoscaling': [
      changed({ workerPools: { cpu: { model: 'nano', replicas: 1, autoscaling: { maxReplicas: 2 } } } }),
      'has replicas and autoscaling',
    ],
    neither: [changed({ workerPools: { cpu: { model: 'nano' } } }), 'needs replicas'],
    'more cards than are ever asked for': [
      changed({ workerPools: { cpu: { model: 'nano', autoscaling: { maxReplicas: 100 } } } }),
      'Raise api.settings.GISTPOOL_SCALING_MAX_CARDS',
    ],
    'two pools that follow the same number': [
      changed({
        workerPools: {
          a: { model: 'nano', autoscaling: { maxReplicas: 2 } },
          b: { model: 'nano', replicas: 1 },
        },
      }),
      'autoscaling.cardsPerReplica 2',
    ],
    'a policy that cuts off the bucket': [
      changed({ networkPolicy: { enabled: true } }),
      'let them out by networkPolicy.extraEgress',
    ],
    'a misspelt value': [changed({ api: { replica: 3 } }), /additional properties 'replica' not allowed/i],
    'a setting of another process': [
      changed({ scheduler: { settings: { GISTPOOL_THREADS: 2 } } }),
      /additional properties 'GISTPOOL_THREADS' not allowed/i,
    ],
    'a setting out of bounds': [
      changed({ scheduler: { settings: { GISTPOOL_EPS: 2 } } }),
      /scheduler.*GISTPOOL_EPS/s,
    ],
    'a Cluster of Redis': [
      changed({ redis: { external: { url: 'redis-cluster://a,b,c' } } }),
      /redis.*external.*url/s,
    ],
  };
  for (const [what, [inline, words]] of Object.entries(refusals)) {
    it(`refuses ${what}, and says what to do`, async () => {
      const { refusal } = await render({ inline });
      if (typeof words === 'string') expect(refusal).toContain(words);
      else expect(refusal).toMatch(words);
    });
  }
});

if (helm === undefined) it.skip(NO_HELM);

it('has a README whose table of values is the one that its schema makes', async () => {
  const checked = await run(process.execPath, [join(CHART, '../values-table.mjs'), '--check']);
  expect(checked, checked.stderr).toMatchObject({ code: 0 });
});
