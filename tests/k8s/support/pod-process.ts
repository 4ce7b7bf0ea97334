import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../../support/conditions';
import { ROOT } from '../../support/gistpool';
import type { Manifest, PodSpec } from './chart';

/** Where a pod's folders and ports are when it is a process of this machine. */
export interface Place {
  readonly podName: string;
  readonly dataDir: string;
  /** `NAME/KEY` to value. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** The first container of a rendered pod, run as a process with the very environment that the chart gives it. */
export class PodProcess {
  private said = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(
    readonly pod: PodSpec,
    place: Place,
  ) {
    const [container] = pod.containers;
    const program = container?.args?.[0] ?? '';
    this.child = spawn(process.execPath, [join(ROOT, 'dist', program, 'main.js')], {
      env: { PATH: process.env['PATH'] ?? '', ...environment(pod, place) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', resolve);
    });
  }

  static of(deployment: Manifest, place: Place): PodProcess {
    const pod = deployment.spec.template?.spec;
    if (pod === undefined) throw new Error(`${deployment.metadata.name} has no pods`);
    return new PodProcess(pod, place);
  }

  /** Where it listens, as it says itself. */
  url(): Promise<string> {
    return eventually('it says where it listens', () => {
      if (this.child.exitCode !== null) throw new Error(`it ended with ${this.child.exitCode}: ${this.said}`);
      return /"url":"(http:[^"]+)"/.exec(this.said)?.[1];
    });
  }

  /** Asks as the kubelet does, until the probe's answer is the one of a healthy pod. */
  async passes(probe: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Promise<void> {
    const { httpGet } = this.pod.containers[0]?.[probe] as { httpGet: { path: string } };
    const url = await this.url();
    await eventually(`${probe} passes`, async () => {
      const answer = await fetch(url + httpGet.path).catch(() => undefined);
      return answer?.ok;
    });
  }

  /** As the kubelet ends a pod: SIGTERM, and SIGKILL after the grace. */
  async end(): Promise<{ readonly code: number | null; readonly withinGrace: boolean }> {
    let withinGrace = true;
    const graceMs = (this.pod.terminationGracePeriodSeconds ?? 30) * 1000;
    const timer = setTimeout(() => {
      withinGrace = false;
      this.child.kill('SIGKILL');
    }, graceMs);
    this.child.kill('SIGTERM');
    const code = await this.ended;
    clearTimeout(timer);
    return { code, withinGrace };
  }
}

/** Ports are any free ones, and what a volume or an image holds lies in folders of this machine. */
export function environment(pod: PodSpec, { podName, dataDir, secrets }: Place): Record<string, string> {
  const free = ['GISTPOOL_PORT', 'GISTPOOL_METRICS_PORT'];
  const entries = (pod.containers[0]?.env ?? []).map(({ name, value, valueFrom }) => {
    if (free.includes(name)) return [name, '0'];
    if (valueFrom !== undefined && 'fieldRef' in valueFrom) return [name, podName];
    const secret = valueFrom?.['secretKeyRef'] as { name: string; key: string } | undefined;
    const given = secret === undefined ? value : secrets.get(`${secret.name}/${secret.key}`);
    if (given === undefined) throw new Error(`${name} comes from where there is nothing here`);
    return [name, given.replace(/^\/data\b/, dataDir).replace(/^\/app\/models\b/, join(ROOT, 'models'))];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}
