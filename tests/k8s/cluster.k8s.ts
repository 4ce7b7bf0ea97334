import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/conditions';
import { CHART, helm, type Manifest, manifests, podsOf, scenarios, valuesFile } from './support/chart';
import { ADMIN, Cluster } from './support/cluster';
import { findTool, lacks, run, type Said } from './support/tools';

const MINUTE_MS = 60_000;
const CRDS = join(import.meta.dirname, 'crds');
const INSTALLER = 'installer';
const NAMESPACE = 'jobs';
const RELEASE = 'pool';

const missing = ['helm', 'etcd', 'kube-apiserver'].filter((name) => findTool(name) === undefined);

/** Rung 4: a real kube-apiserver takes all of it, under the strictest pod security, from somebody with few rights. */
describe.skipIf(missing.length > 0)('a real kube-apiserver', () => {
  let cluster: Cluster;
  let kubeconfig: string;

  const helmAs = async (...args: string[]): Promise<Said> =>
    run(helm ?? '', [...args, '--kubeconfig', kubeconfig, '--namespace', NAMESPACE]);
  const expectOk = (said: Said) => expect(said, said.stderr).toMatchObject({ code: 0 });
  const passwordNow = async () => {
    const { body } = await cluster.call('GET', `/api/v1/namespaces/${NAMESPACE}/secrets/pool-gistpool-redis`);
    return (body['data'] as Record<string, string>)['password'];
  };

  beforeAll(async () => {
    cluster = await Cluster.start([INSTALLER]);
    for (const file of readdirSync(CRDS)) {
      const crd = parse(readFileSync(join(CRDS, file), 'utf8')) as {
        spec: { group: string; versions: { name: string }[]; names: { plural: string } };
      };
      await cluster.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
      const { group, versions, names } = crd.spec;
      await eventually(`${names.plural} are served`, async () => {
        const { status } = await cluster.call('GET', `/apis/${group}/${versions[0]?.name}/${names.plural}`);
        return status === 200;
      });
    }
    await cluster.create('/api/v1/namespaces', {
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    await cluster.create('/apis/scheduling.k8s.io/v1/priorityclasses', {
      metadata: { name: 'batch' },
      value: 100,
    });
    // What a team usually has in a namespace of its own, and nothing beyond it.
    const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;
    await cluster.create(`${rbac}/roles`, {
      metadata: { name: INSTALLER },
      rules: [
        {
          apiGroups: [''],
          resources: [
            'secrets',
            'configmaps',
            'services',
            'serviceaccounts',
            'persistentvolumeclaims',
            'pods',
          ],
          verbs: all,
        },
        { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: all },
        { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: all },
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies', 'ingresses'], verbs: all },
        { apiGroups: ['keda.sh'], resources: ['scaledobjects', 'triggerauthentications'], verbs: all },
        {
          apiGroups: ['monitoring.coreos.com'],
          resources: ['servicemonitors', 'prometheusrules'],
          verbs: all,
        },
      ],
    });
    await cluster.create(`${rbac}/rolebindings`, {
      metadata: { name: INSTALLER },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: INSTALLER }],
      roleRef: { kind: 'Role', apiGroup: 'rbac.authorization.k8s.io', name: INSTALLER },
    });
    kubeconfig = await cluster.kubeconfig(INSTALLER);
  }, 5 * MINUTE_MS);

  afterAll(() => cluster?.stop());

  for (const scenario of scenarios) {
    it(
      `takes ${scenario} from somebody who has rights in one namespace alone, and gives all of it back`,
      async () => {
        const installed = await helmAs('install', RELEASE, CHART, '--values', valuesFile(scenario));
        expectOk(installed);
        expect(installed.stderr).not.toMatch(/would violate PodSecurity|unknown field|deprecated/i);
        expect(installed.stdout).toContain('helm test pool --namespace jobs');
        expectOk(await helmAs('uninstall', RELEASE));
        const { body } = await cluster.call('GET', `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`);
        expect(body['items']).toEqual([]);
      },
      2 * MINUTE_MS,
    );

    it(`admits every pod of ${scenario} under pod security "restricted"`, async () => {
      const all = await manifests(scenario);
      const account = all.find(({ kind }) => kind === 'ServiceAccount');
      await cluster.call('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, account);
      const pods = podsOf(all);
      expect(pods.length).toBeGreaterThan(2);
      for (const { of: owner, pod } of pods) {
        const volumes =
          (owner.spec['volumeClaimTemplates'] as { metadata: { name: string } }[] | undefined) ?? [];
        const claims = volumes.map(({ metadata }) => ({
          name: metadata.name,
          persistentVolumeClaim: { claimName: 'a' },
        }));
        const spec = { ...pod, volumes: [...(pod.volumes ?? []), ...claims] };
        expect(await admission(owner.metadata.name, spec)).toEqual({ status: 201, why: undefined });
      }
    });
  }

  const admission = async (name: string, spec: object) => {
    // A class of runtimes is the cluster's own.
    const { runtimeClassName: _, ...others } = spec as { runtimeClassName?: string };
    const body = { metadata: { name: name.slice(-63) }, spec: others };
    const path = `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All&fieldValidation=Strict`;
    const answer = await cluster.call('POST', path, body);
    return { status: answer.status, why: answer.status < 300 ? undefined : answer.body.message };
  };

  it('would not admit a model from a folder of the node, as the values say', async () => {
    const pod = podsOf(await manifests('cpu-only'))[0]?.pod;
    const volumes = [...(pod?.volumes ?? []), { name: 'model', hostPath: { path: '/srv/models' } }];
    const { status, why } = await admission('host-path', { ...pod, volumes });
    expect(status).toBe(403);
    expect(why).toContain('hostPath');
  });

  it(
    'upgrades and rolls back: the made password stays, and only what changed is changed',
    async () => {
      const values = ['--values', valuesFile('cpu-only')];
      const generations = async (): Promise<Record<string, number>> => {
        const { body } = await cluster.call('GET', `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`);
        const items = body['items'] as { metadata: { name: string; generation: number } }[];
        return Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.generation]));
      };
      expectOk(await helmAs('install', RELEASE, CHART, ...values));
      const [password, before] = [await passwordNow(), await generations()];
      expect(password).toHaveLength(44);

      expectOk(await helmAs('upgrade', RELEASE, CHART, ...values));
      expect(await passwordNow()).toBe(password);
      expect(await generations()).toEqual(before);

      expectOk(
        await helmAs('upgrade', RELEASE, CHART, ...values, '--set', 'scheduler.settings.GISTPOOL_EPS=0.05'),
      );
      const after = await generations();
      expect(after).toEqual({
        ...before,
        'pool-gistpool-scheduler': (before['pool-gistpool-scheduler'] ?? 0) + 1,
      });

      expectOk(await helmAs('rollback', RELEASE, '1'));
      expect(await passwordNow()).toBe(password);
      expectOk(await helmAs('uninstall', RELEASE));
      // Results and the password of what lies on the volume outlive the release.
      expect(await passwordNow()).toBe(password);
    },
    3 * MINUTE_MS,
  );

  it('lets the account of the pods do nothing at all', async () => {
    const user = `system:serviceaccount:${NAMESPACE}:pool-gistpool`;
    for (const [verb, resource, group] of [
      ['get', 'secrets', ''],
      ['list', 'pods', ''],
      ['patch', 'deployments', 'apps'],
      ['create', 'jobs', 'batch'],
    ]) {
      const spec = { user, resourceAttributes: { namespace: NAMESPACE, verb, resource, group } };
      const review = await cluster.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec });
      expect(review['status'], `${verb} ${resource}`).toMatchObject({ allowed: false });
    }
  });

  it('would refuse what is misspelt: the check has teeth', async () => {
    const all: Manifest[] = await manifests('cpu-only');
    const deployment = structuredClone(all.find(({ kind }) => kind === 'Deployment')) as unknown as {
      spec: object;
    };
    deployment.spec = { ...deployment.spec, replica: 2 };
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments?dryRun=All&fieldValidation=Strict`;
    const { status, body } = await cluster.call('POST', path, deployment, ADMIN);
    expect(status).toBe(400);
    expect(body.message).toContain('spec.replica');
  });
});

for (const name of missing) it.skip(lacks(name));
