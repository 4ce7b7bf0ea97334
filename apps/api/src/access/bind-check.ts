import type { ApiConfig } from '@gistpool/config';
import { connectKeys, queueConfigOf } from '@gistpool/queue';
import { isLoopback } from './local-host';

const REDIS_MAY_TAKE_MS = 30_000;

export type BindCheck =
  { readonly ok: true } | { readonly ok: false; readonly problem: string; readonly isFinal: boolean };

/** Where others reach the api, or it is told to ask for keys, there must be a key to come in with. `isFinal`: trying again changes nothing. */
export async function checkBind(config: ApiConfig, redisMayTakeMs = REDIS_MAY_TAKE_MS): Promise<BindCheck> {
  const { GISTPOOL_HOST: host, GISTPOOL_PORT: port, GISTPOOL_REQUIRE_KEY: isRequired } = config;
  if (isLoopback(host) && !isRequired) return { ok: true };
  if (config.GISTPOOL_BOOTSTRAP_KEY !== undefined) return { ok: true };
  const keys = connectKeys(queueConfigOf(config));
  try {
    await keys.reach(redisMayTakeMs);
    if (await keys.someoneMay()) return { ok: true };
  } catch (error) {
    const problem = `whether there is a key to come in with cannot be told: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, isFinal: false, problem };
  } finally {
    await keys.close();
  }
  const why = isLoopback(host)
    ? 'GISTPOOL_REQUIRE_KEY is set'
    : `GISTPOOL_HOST=${host} (--host ${host}) is reached from other machines`;
  const ways = [
    `make a key: gistpool keys create --scopes admin --data-dir ${config.GISTPOOL_DATA_DIR}`,
    'or set GISTPOOL_BOOTSTRAP_KEY to a secret of at least 24 characters, and make one with it',
    ...(isLoopback(host) ? [] : ['or listen on this machine only: --host 127.0.0.1']),
  ];
  const problem = `it would listen on ${host} port ${port}, but nobody has a key and ${why}. Do one of these:\n${ways.map((way) => `  ${way}`).join('\n')}`;
  return { ok: false, isFinal: true, problem };
}
