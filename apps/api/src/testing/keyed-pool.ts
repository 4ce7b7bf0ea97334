import type { KeyIssued, KeyRequest } from '@gistpool/contracts';
import { TestPool } from './test-pool';

export const BOOTSTRAP_KEY = 'a-secret-that-only-the-operator-knows';

/** A pool that asks for keys, and what one does with them. */
export class KeyedPool {
  private constructor(readonly pool: TestPool) {}

  static async start(options: Parameters<typeof TestPool.start>[0] = {}): Promise<KeyedPool> {
    const env = { GISTPOOL_REQUIRE_KEY: 'true', GISTPOOL_BOOTSTRAP_KEY: BOOTSTRAP_KEY, ...options.env };
    return new KeyedPool(await TestPool.start({ ...options, env }));
  }

  async newKey(wanted: Partial<KeyRequest>): Promise<KeyIssued> {
    const answer = await this.ask('POST', '/v1/keys', BOOTSTRAP_KEY, wanted);
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as KeyIssued;
  }

  /** With a key, or without one. */
  ask(
    method: string,
    path: string,
    key?: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.pool.fetch(path, {
      method,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
    });
  }

  stop(): Promise<void> {
    return this.pool.stop();
  }
}
