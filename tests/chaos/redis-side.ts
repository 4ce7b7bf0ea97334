import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startRedis, type RunningRedis } from '@gistpool/queue';
import { Redis } from 'ioredis';
import { eventually } from '../support/conditions';
import type { PartName, Topology } from './fault-plan';
import { Link } from './link';

const PRIMARY = 'chaos';
/** Sentinel takes a primary for dead after so long, and gives another try to a fail-over after so long. */
const DOWN_AFTER_MS = 700;
const FAILOVER_MS = 3_000;

/** Redis as a pool sees it, and what can be done to it. */
export interface RedisSide {
  readonly topology: Topology;
  urlFor(part: PartName): string;
  readonly links: ReadonlyMap<PartName, Link>;
  /** Straight to whoever leads. */
  readonly client: Redis;
  freeze(ms: number): Promise<void>;
  /** kill -9, and another start on the same files. */
  restart(awayMs: number): Promise<void>;
  /** kill -9 of the primary; another leads, and the old one comes back as its replica. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

export const startRedisSide = (folder: string, topology: Topology, parts: readonly PartName[]) =>
  topology === 'single' ? SingleRedis.start(folder, parts) : SentinelRedis.start(folder);

class SingleRedis implements RedisSide {
  readonly topology = 'single';
  readonly client: Redis;

  private constructor(
    private readonly dir: string,
    private running: RunningRedis,
    readonly links: ReadonlyMap<PartName, Link>,
  ) {
    this.client = clientOf(this.port);
  }

  static async start(folder: string, parts: readonly PartName[]): Promise<SingleRedis> {
    const dir = join(folder, 'redis');
    const running = await startRedis({ dir });
    const links = new Map<PartName, Link>();
    for (const part of parts) links.set(part, await Link.to(portOf(running)));
    return new SingleRedis(dir, running, links);
  }

  private get port(): number {
    return portOf(this.running);
  }

  urlFor(part: PartName): string {
    return `redis://127.0.0.1:${String(this.links.get(part)?.port)}`;
  }

  async freeze(ms: number): Promise<void> {
    await freeze(this.running.pid, ms);
  }

  async restart(awayMs: number): Promise<void> {
    const { port } = this;
    await this.running.stop('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    this.running = await startRedis({ dir: this.dir, port });
  }

  failOver(): Promise<void> {
    throw new Error('there is nobody to fail over to');
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    for (const link of this.links.values()) link.close();
    await this.running.stop('SIGKILL');
  }
}

class SentinelRedis implements RedisSide {
  readonly topology = 'sentinel';
  readonly links = new Map<PartName, Link>();
  readonly client: Redis;

  private constructor(
    private readonly nodes: Map<number, { readonly dir: string; running: RunningRedis }>,
    private readonly sentinel: ChildProcess,
    private readonly sentinelPort: number,
  ) {
    this.client = new Redis({
      sentinels: [{ host: '127.0.0.1', port: sentinelPort }],
      name: PRIMARY,
      maxRetriesPerRequest: null,
      retryStrategy: () => 100,
      sentinelRetryStrategy: () => 100,
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    });
    this.client.on('error', () => undefined);
  }

  static async start(folder: string): Promise<SentinelRedis> {
    const nodes = new Map<number, { readonly dir: string; running: RunningRedis }>();
    for (const name of ['redis-a', 'redis-b']) {
      const dir = join(folder, name);
      const running = await startRedis({ dir });
      nodes.set(portOf(running), { dir, running });
    }
    const [primary = 0, replica = 0] = [...nodes.keys()];
    await asked(replica, async (redis) => {
      await redis.replicaof('127.0.0.1', primary);
      await eventually('the replica has caught up', async () =>
        (await redis.info('replication')).includes('master_link_status:up'),
      );
    });
    const dir = join(folder, 'sentinel');
    mkdirSync(dir);
    const port = await freePort();
    writeFileSync(
      join(dir, 'sentinel.conf'),
      [
        `port ${String(port)}`,
        'bind 127.0.0.1',
        `sentinel monitor ${PRIMARY} 127.0.0.1 ${String(primary)} 1`,
        `sentinel down-after-milliseconds ${PRIMARY} ${String(DOWN_AFTER_MS)}`,
        `sentinel failover-timeout ${PRIMARY} ${String(FAILOVER_MS)}`,
        '',
      ].join('\n'),
    );
    const sentinel = spawn('redis-server', ['sentinel.conf', '--sentinel'], { cwd: dir, stdio: 'ignore' });
    await asked(port, (redis) =>
      eventually('the sentinel knows the replica', async () => {
        const known = (await redis.call('SENTINEL', 'replicas', PRIMARY)) as unknown[];
        return known.length === 1;
      }),
    );
    return new SentinelRedis(nodes, sentinel, port);
  }

  urlFor(): string {
    return `redis+sentinel://127.0.0.1:${String(this.sentinelPort)}/${PRIMARY}`;
  }

  async freeze(ms: number): Promise<void> {
    await freeze(this.nodes.get(await this.primary())?.running.pid ?? 0, ms);
    await this.settled();
  }

  restart(): Promise<void> {
    return this.failOver();
  }

  async failOver(): Promise<void> {
    await this.settled();
    const port = await this.primary();
    const node = this.nodes.get(port);
    if (node === undefined) throw new Error(`no Redis of ours leads on port ${port}`);
    await node.running.stop('SIGKILL');
    await eventually('another Redis leads', async () => (await this.primary()) !== port);
    node.running = await startRedis({ dir: node.dir, port });
    await this.settled();
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    this.sentinel.kill('SIGKILL');
    for (const { running } of this.nodes.values()) await running.stop('SIGKILL');
  }

  private async primary(): Promise<number> {
    return asked(this.sentinelPort, async (redis) => {
      const [, port] = (await redis.call('SENTINEL', 'get-master-addr-by-name', PRIMARY)) as [string, string];
      return Number(port);
    });
  }

  /** One leads and the other follows it: what is acknowledged now is in both within milliseconds. */
  private async settled(): Promise<void> {
    await eventually('the other Redis follows the one that leads', async () => {
      const port = await this.primary();
      return asked(port, async (redis) =>
        /role:master[^]*slave0:[^\n]*state=online/.test(await redis.info('replication')),
      );
    });
  }
}

const portOf = ({ url }: RunningRedis): number => Number(new URL(url).port);

async function freeze(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, ms));
  process.kill(pid, 'SIGCONT');
}

function clientOf(port: number): Redis {
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 100 });
  client.on('error', () => undefined);
  return client;
}

async function asked<T>(port: number, work: (redis: Redis) => Promise<T>): Promise<T> {
  const client = clientOf(port);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
