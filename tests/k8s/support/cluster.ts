import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../support/conditions';
import { removeFolder, temporaryFolder } from '../../support/gistpool';
import { findTool } from './tools';

const START_WITHIN_MS = 180_000;
export const ADMIN = 'admin';

export interface Answer {
  readonly status: number;
  readonly body: { readonly message?: string; readonly [field: string]: unknown };
}

/** A real kube-apiserver on a real etcd. Nothing else of a cluster: what is created stays as it was created. */
export class Cluster {
  private constructor(
    readonly folder: string,
    private readonly port: number,
    private readonly children: readonly ChildProcess[],
  ) {}

  /** `users`: who may sign in beside the administrator; a name is its own token. */
  static async start(users: readonly string[]): Promise<Cluster> {
    const folder = await temporaryFolder();
    const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const key = join(folder, 'accounts.key');
    await writeFile(key, privateKey);
    const tokens = [
      `${ADMIN},${ADMIN},0,system:masters`,
      ...users.map((name, at) => `${name},${name},${at + 1}`),
    ];
    await writeFile(join(folder, 'tokens.csv'), tokens.join('\n'));
    let said = '';
    const start = (name: string, args: readonly string[]): ChildProcess => {
      const child = spawn(findTool(name) ?? name, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
      return child;
    };
    const etcd = start('etcd', [
      ...['--data-dir', join(folder, 'etcd'), '--log-level', 'error'],
      ...[
        '--listen-client-urls',
        `http://127.0.0.1:${client}`,
        '--advertise-client-urls',
        `http://127.0.0.1:${client}`,
      ],
      ...[
        '--listen-peer-urls',
        `http://127.0.0.1:${peer}`,
        '--initial-advertise-peer-urls',
        `http://127.0.0.1:${peer}`,
      ],
      ...['--initial-cluster', `default=http://127.0.0.1:${peer}`, '--unsafe-no-fsync'],
    ]);
    const apiserver = start('kube-apiserver', [
      ...[
        '--etcd-servers',
        `http://127.0.0.1:${client}`,
        '--bind-address',
        '127.0.0.1',
        '--secure-port',
        String(port),
      ],
      ...['--cert-dir', join(folder, 'certificates'), '--service-cluster-ip-range', '10.0.0.0/24'],
      ...['--service-account-key-file', key, '--service-account-signing-key-file', key],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--authorization-mode', 'RBAC'],
      ...['--token-auth-file', join(folder, 'tokens.csv'), '--endpoint-reconciler-type', 'none'],
    ]);
    const cluster = new Cluster(folder, port, [apiserver, etcd]);
    await eventually(
      'kube-apiserver is ready',
      async () => {
        if (apiserver.exitCode !== null) throw new Error(`kube-apiserver ended: ${said}`);
        return (await cluster.call('GET', '/readyz').catch(() => undefined))?.status === 200;
      },
      START_WITHIN_MS,
    );
    return cluster;
  }

  /** For Helm, as one of the users. */
  async kubeconfig(user = ADMIN): Promise<string> {
    const path = join(this.folder, `${user}.json`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'test',
          cluster: { server: `https://127.0.0.1:${this.port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: user, user: { token: user } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user } }],
      'current-context': 'test',
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  /** Its certificate is made by itself at the start, and only this machine is talked to. */
  call(method: string, path: string, body?: object, user = ADMIN): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${user}`, 'content-type': 'application/json' };
      const asked = request({
        host: '127.0.0.1',
        port: this.port,
        path,
        method,
        headers,
        rejectUnauthorized: false,
      });
      asked.once('error', reject);
      asked.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () => {
          const isJson = response.headers['content-type']?.includes('json');
          const read = isJson ? (JSON.parse(text) as Answer['body']) : { message: text };
          resolve({ status: response.statusCode ?? 0, body: read });
        });
      });
      asked.end(body && JSON.stringify(body));
    });
  }

  /** Creates, or throws what the apiserver says against it. */
  async create(path: string, body: object, user = ADMIN): Promise<Answer['body']> {
    const answer = await this.call('POST', path, body, user);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.body.message}`);
    return answer.body;
  }

  async stop(): Promise<void> {
    for (const child of this.children) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode === null && child.kill()) await ended;
    }
    await removeFolder(this.folder);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
