import { FleetView, isTerminal, JobView, PlacementView, type JobRequestInput } from '@gistpool/contracts';
import { startRedis, type RunningRedis } from '@gistpool/queue';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/conditions';
import { gistpool, removeFolder, temporaryFolder } from '../support/gistpool';
import { ramblingJob } from '../support/running-pool';
import { CHART, helm, type Manifest, NO_HELM, parsed, render, secretsOf } from './support/chart';
import { read, replicasBy } from './support/keda';
import { environment, PodProcess } from './support/pod-process';
import { run } from './support/tools';

const MINUTE_MS = 60_000;
const MODEL = 'gistpool-nano-qwen2';
const MOST = 3;
const FIRST = 'pool-gistpool-worker-cpu-7c9d-first';
const SECOND = 'pool-gistpool-worker-cpu-7c9d-second';

/**
 * Rungs 3b and 3c: the chart's pods as processes of this machine, each with its rendered environment. What KEDA would read
 * from them, and what becomes of a job whose pod is ended.
 */
describe.skipIf(helm === undefined)('a pool that is run as the chart says', () => {
  let folder: string;
  let server: RunningRedis;
  let redis: Redis;
  let rendered: Manifest[];
  let api: string;
  let secrets: ReadonlyMap<string, string>;
  const processes: PodProcess[] = [];

  const start = (name: string, podName: string): PodProcess => {
    const deployment = rendered.find((one) => one.kind === 'Deployment' && one.metadata.name === name);
    if (deployment === undefined) throw new Error(`no Deployment ${name}`);
    const started = PodProcess.of(deployment, { podName, dataDir: folder, secrets });
    processes.push(started);
    return started;
  };
  const call = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const authorization = `Bearer ${secrets.get('pool-gistpool-access/bootstrap-key')}`;
    const headers = { authorization, ...(init.body && { 'content-type': 'application/json' }) };
    const answer = await fetch(api + path, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const submit = async (job: JobRequestInput): Promise<string> =>
    JobView.parse(await call('/v1/jobs', { method: 'POST', body: JSON.stringify(job) })).id;
  const job = async (id: string): Promise<JobView> => JobView.parse(await call(`/v1/jobs/${id}`));
  const order = (card: string, what: 'cordon' | 'uncordon') =>
    call(`/v1/cards/${card}/${what}`, { method: 'POST' });
  const parameters = (name: string | undefined): Record<string, string> => {
    const found = rendered.find((one) => one.kind === 'TriggerAuthentication' && one.metadata.name === name);
    const from = (found?.spec['secretTargetRef'] ?? []) as { parameter: string; name: string; key: string }[];
    return Object.fromEntries(
      from.map((one) => [one.parameter, secrets.get(`${one.name}/${one.key}`) ?? '']),
    );
  };
  const readings = () => {
    const scaled = rendered.find(({ kind }) => kind === 'ScaledObject');
    return Promise.all(
      (scaled?.spec.triggers ?? []).map((one) => read(one, { redis, apiUrl: api, parameters })),
    );
  };
  const wanted = async () => replicasBy(await readings(), MOST);

  beforeAll(async () => {
    // Builds what it runs.
    await gistpool(['--help']);
    folder = await temporaryFolder();
    server = await startRedis({ dir: `${folder}/redis` });
    redis = new Redis(server.url);
    const inline = {
      settings: { GISTPOOL_LEASE_MS: 2000, GISTPOOL_HEARTBEAT_MS: 100 },
      redis: { prefix: 'chart', external: { url: server.url } },
      blobs: { volume: { enabled: true } },
      models: { [MODEL]: { file: `${MODEL}.gguf`, bundled: true } },
      workerPools: {
        cpu: { model: MODEL, autoscaling: { maxReplicas: MOST, wakeTenants: ['default', 'team.a'] } },
      },
      tests: { model: MODEL, timeoutSeconds: 60 },
    };
    rendered = parsed((await render({ inline })).text);
    secrets = secretsOf(rendered);
    const [served, scheduler] = [
      start('pool-gistpool-api', 'api'),
      start('pool-gistpool-scheduler', 'scheduler'),
    ];
    api = await served.url();
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
      for (const one of [served, scheduler]) await one.passes(probe);
  }, 3 * MINUTE_MS);

  afterAll(async () => {
    for (const one of processes.reverse()) await one.end();
    redis?.disconnect();
    await server?.stop();
    if (folder) await removeFolder(folder);
  });

  it('wants the first card of a model that no card has announced yet', async () => {
    expect(await wanted()).toBe(1);
  });

  it('passes its own `helm test` once there is one, and wants none when all is done', async () => {
    const worker = start('pool-gistpool-worker-cpu', FIRST);
    for (const probe of ['livenessProbe', 'readinessProbe'] as const) await worker.passes(probe);
    const test = rendered.find(({ kind }) => kind === 'Pod')?.spec as unknown as PodProcess['pod'];
    const env = environment(test, { podName: 'test', dataDir: folder, secrets });
    const said = await run(process.execPath, [`${CHART}/files/submit-job.mjs`], '', {
      ...env,
      GISTPOOL_URL: api,
    });
    expect(said, said.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(said.stdout)).toMatchObject({ passed: true, model: MODEL });
    await eventually('no card is wanted', async () => (await wanted()) === 0);
    expect((await readings()).map(({ value }) => value)).toEqual([0, 0, 0, 0, 0]);
  });

  it(
    'wakes by every kind of waiting job, hands on what an ended pod had begun, and wants none in the end',
    async () => {
      await order(FIRST, 'cordon');
      await eventually('the only card takes no jobs', async () => {
        const { cards } = FleetView.parse(await call('/v1/fleet'));
        return cards[0]?.cordon === 'cordoned';
      });
      const ids = await Promise.all([
        submit(ramblingJob(2400)),
        submit({ ...ramblingJob(200, 2), priority: 5 }),
        submit({ ...ramblingJob(200, 3), tenant: 'team.a' }),
        submit({ ...ramblingJob(200, 4), tenant: 'team.a', priority: 5 }),
      ]);
      const begun = ids[0] ?? '';
      const waiting = await eventually('all of them are seen', async () => {
        const now = await readings();
        return now.every(({ isActive }) => isActive) && now;
      });
      expect(waiting.map(({ trigger }) => trigger.type)).toEqual([
        'metrics-api',
        ...Array<string>(4).fill('redis'),
      ]);
      // Lists wake the pool; how many cards it has is said by /scaling alone.
      expect(
        waiting.filter(({ trigger }) => trigger.type === 'redis').map(({ replicas }) => replicas),
      ).toEqual([1, 1, 1, 1]);
      expect(await wanted()).toBeGreaterThanOrEqual(1);

      const second = start('pool-gistpool-worker-cpu', SECOND);
      await second.passes('readinessProbe');
      await eventually('it thinks', async () => {
        const now = await job(begun);
        return now.card === SECOND && (now.thoughts ?? 0) > 3;
      });
      await order(FIRST, 'uncordon');
      expect(await second.end()).toEqual({ code: 0, withinGrace: true });

      const ended = await eventually(
        'every job ends',
        async () => {
          const all = await Promise.all(ids.map(job));
          return all.every(({ state }) => isTerminal(state)) && all;
        },
        2 * MINUTE_MS,
      );
      expect(ended.map(({ state }) => state)).toEqual(Array(4).fill('completed'));
      expect(ended[0]).toMatchObject({ card: FIRST, usage: { resumes: 1 } });
      const placement = PlacementView.parse(await call(`/v1/jobs/${begun}/placement`));
      expect(placement.attempts).toMatchObject({ crashes: 0 });
      await eventually('no card is wanted', async () => (await wanted()) === 0);
    },
    4 * MINUTE_MS,
  );
});

if (helm === undefined) it.skip(NO_HELM);
