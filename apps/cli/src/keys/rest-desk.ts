import { KeyIssued, KeyPage, KeyView, type KeyRequest } from '@gistpool/contracts';
import type { PoolClient } from '../client/pool-client';
import type { KeyDesk } from './key-desk';

/** A pool that runs elsewhere, asked with an admin's key. */
export class RestDesk implements KeyDesk {
  constructor(private readonly pool: PoolClient) {}

  create(wanted: KeyRequest): Promise<KeyIssued> {
    return this.pool.call(KeyIssued, 'POST', '/v1/keys', JSON.stringify(wanted));
  }

  async list(tenant: string | undefined): Promise<readonly KeyView[]> {
    const query = tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`;
    return (await this.pool.call(KeyPage, 'GET', `/v1/keys${query}`)).data;
  }

  rotate(id: string, graceS: number): Promise<KeyIssued> {
    const body = JSON.stringify({ grace_s: graceS });
    return this.pool.call(KeyIssued, 'POST', `/v1/keys/${encodeURIComponent(id)}/rotate`, body);
  }

  revoke(id: string): Promise<KeyView> {
    return this.pool.call(KeyView, 'DELETE', `/v1/keys/${encodeURIComponent(id)}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
