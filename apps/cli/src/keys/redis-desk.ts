import type { KeyIssued, KeyRequest, KeyView } from '@gistpool/contracts';
import {
  connectAudit,
  connectKeys,
  connectTenants,
  toKeyIssued,
  toKeyView,
  type QueueConfig,
} from '@gistpool/queue';
import { CliError } from '../exit';
import type { KeyDesk } from './key-desk';

const REDIS_MAY_TAKE_MS = 10_000;

/** Straight into Redis: whoever reaches that needs no key, and so the first one can be made. */
export class RedisDesk implements KeyDesk {
  private readonly keys;
  private readonly tenants;
  private readonly audit;

  private constructor(
    config: QueueConfig,
    private readonly afterwards: () => Promise<void>,
  ) {
    this.keys = connectKeys(config);
    this.tenants = connectTenants(config);
    this.audit = connectAudit(config);
  }

  /** `afterwards` runs when the desk is closed, also if it cannot be opened. */
  static async open(config: QueueConfig, afterwards = () => Promise.resolve()): Promise<RedisDesk> {
    const desk = new RedisDesk(config, afterwards);
    try {
      await desk.keys.reach(REDIS_MAY_TAKE_MS);
      return desk;
    } catch (error) {
      await desk.close();
      throw new CliError(`no Redis at ${withoutPassword(config.redisUrl)}: ${(error as Error).message}`);
    }
  }

  async create({ name, tenant, scopes, expires_in_s: lifeS }: KeyRequest): Promise<KeyIssued> {
    await this.tenants.ensure(tenant);
    const expiresAtMs = lifeS === undefined ? null : Date.now() + lifeS * 1000;
    const issued = await this.keys.create({ name, tenant, scopes, expiresAtMs });
    await this.note('keys create', issued.key.id, tenant);
    return toKeyIssued(issued);
  }

  async list(tenant: string | undefined): Promise<readonly KeyView[]> {
    return (await this.keys.list(tenant)).map(toKeyView);
  }

  async rotate(id: string, graceS: number): Promise<KeyIssued> {
    const issued = await this.keys.rotate(id, graceS * 1000);
    if (issued === 'not-found') throw noSuchKey(id);
    if (issued === 'not-active') throw new CliError(`${id} is revoked, expired or was replaced already`);
    await this.note('keys rotate', id, issued.key.tenant);
    return toKeyIssued(issued);
  }

  async revoke(id: string): Promise<KeyView> {
    if (!(await this.keys.revoke(id))) throw noSuchKey(id);
    const key = await this.keys.get(id);
    if (key === undefined) throw noSuchKey(id);
    await this.note('keys revoke', id, key.tenant);
    return toKeyView(key);
  }

  async close(): Promise<void> {
    await Promise.all([this.keys.close(), this.tenants.close(), this.audit.close()]);
    await this.afterwards();
  }

  private note(action: string, target: string, tenant: string): Promise<void> {
    const what = { action, target, tenant, outcome: 'done', status: 200 } as const;
    return this.audit.note({ at_ms: Date.now(), key: 'command line', address: null, ...what });
  }
}

const noSuchKey = (id: string): CliError => new CliError(`there is no key ${id}; see: gistpool keys list`);

const withoutPassword = (url: string): string =>
  url.replace(/\/\/[^@/]*@/, '//').replace(/sentinel_password=[^&]*/, 'sentinel_password=…');
