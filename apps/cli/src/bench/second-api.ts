import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CliError } from '../exit';
import { poolKeys } from '../client/pool-keys';
import { readPoolFile } from '../pool/pool-file';
import { ROOT } from '../root';

export interface SecondApi {
  readonly url: string;
  stop(): Promise<void>;
}

/** Another api process beside the one that the pool on this folder has, as a second pod would be. */
export async function startSecondApi(dataDir: string): Promise<SecondApi> {
  const { redisUrl, key } = readPoolFile(dataDir) ?? {};
  if (redisUrl === undefined || key === undefined) throw new CliError(`no pool runs on ${dataDir}`);
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'api', 'main.js')], {
    env: {
      ...process.env,
      GISTPOOL_REDIS_URL: redisUrl,
      GISTPOOL_DATA_DIR: dataDir,
      GISTPOOL_HOST: '127.0.0.1',
      GISTPOOL_PORT: '0',
      GISTPOOL_LOCAL_KEY: key,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  const url = await Promise.race([announced(child.stdout), exit.then(() => undefined)]);
  if (url === undefined) throw new CliError(`the second api ended with ${String(child.exitCode)}`);
  poolKeys.learn(url, key);
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

async function announced(stdout: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const found = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
}
