import type { KeyIssued, KeyRequest, KeyView } from '@gistpool/contracts';

/** Where keys are made and taken away: the Redis of a pool, or its REST api. */
export interface KeyDesk {
  create(wanted: KeyRequest): Promise<KeyIssued>;
  /** Newest first. */
  list(tenant: string | undefined): Promise<readonly KeyView[]>;
  rotate(id: string, graceS: number): Promise<KeyIssued>;
  revoke(id: string): Promise<KeyView>;
  close(): Promise<void>;
}
