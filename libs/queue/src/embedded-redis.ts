import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { AofFlusher } from './aof-flusher';

export interface StartRedisOptions {
  /** Data directory; made when missing. A relative path is taken from the working directory. */
  readonly dir: string;
  /** Left out, or 0: any free port. */
  readonly port?: number;
  /** Listen on this socket (relative to `dir`) instead of a port. The whole path may have at most 100 characters. */
  readonly socket?: string;
}

export interface RunningRedis {
  readonly url: string;
  readonly pid: number;
  /** Ends Redis and waits until it is gone; its data stay. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Called when Redis ends, asked to or not, with what it said last. */
  onExit(listener: (code: number | null, lastWords: string) => void): void;
}

const READY_WITHIN_MS = 30_000;
const LAST_WORDS_BYTES = 4_000;

/**
 * A private redis-server: bound to this machine, nothing evicted, every write in its append-only file before it is
 * acknowledged and on the disk within a second. Resolves when it answers, that is after an existing file was loaded.
 */
export async function startRedis(options: StartRedisOptions): Promise<RunningRedis> {
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true });
  const socket = options.socket === undefined ? undefined : resolve(dir, options.socket);
  const port = socket === undefined ? options.port || (await freePort()) : 0;
  // cwd instead of --dir, and a socket named from there: the path may hold anything, and be long.
  const child = spawn(
    'redis-server',
    [
      ...['--bind', '127.0.0.1', '--port', String(port)],
      ...(socket === undefined ? [] : ['--unixsocket', relative(dir, socket), '--unixsocketperm', '700']),
      ...['--appendonly', 'yes', '--appendfsync', 'no', '--save', '', '--maxmemory-policy', 'noeviction'],
      ...['--daemonize', 'no', '--protected-mode', 'yes', '--loglevel', 'notice', '--logfile', ''],
    ],
    { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const words = new LastWords(child);
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const failedToStart = new Promise<never>((_, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(explained(error)));
    exited.then(
      (code) => reject(new Error(`redis-server in ${dir} ended with ${code}: ${words.text()}`)),
      reject,
    );
  });
  // It may end much later, when nobody waits here any more.
  failedToStart.catch(() => undefined);

  const url = socket === undefined ? `redis://127.0.0.1:${port}` : `unix://${encodeURI(socket)}`;
  const probe = new Redis({
    ...(socket === undefined ? { host: '127.0.0.1', port } : { path: socket }),
    lazyConnect: true,
    maxRetriesPerRequest: null,
    maxLoadingRetryTime: 20,
    retryStrategy: () => 10,
  });
  // Refusals are what waiting for a start looks like.
  probe.on('error', () => undefined);
  // Another Redis may sit on the port: only the answer of the one started here counts.
  const ready = probe.info('server').then((info) => {
    if (!info.includes(`process_id:${child.pid}\r`))
      throw new Error(`another Redis listens on port ${port} already`);
  });
  ready.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new Error(`redis-server in ${dir} did not answer within ${READY_WITHIN_MS} ms: ${words.text()}`),
        ),
      READY_WITHIN_MS,
    );
  });
  try {
    await Promise.race([ready, failedToStart, tooLate]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    probe.disconnect();
  }
  const flusher = new AofFlusher(dir, (error) => {
    words.add(`stopped, because its file cannot be written to disk: ${error.message}`);
    child.kill();
  });
  void exited.then(() => flusher.stop());
  return {
    url,
    pid: child.pid ?? 0,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
    },
    onExit: (listener) => void exited.then((code) => listener(code, words.text())),
  };
}

function explained(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error;
  return new Error(
    'redis-server is not on the PATH. Install it (apt-get install redis-server, brew install redis), or set ' +
      'GISTPOOL_REDIS_URL to a Redis that runs already.',
  );
}

const FIRST_PORT = 20_000;
const PORTS = 12_000;

/**
 * Below the ports that the system gives to outgoing connections: a client that tries such a port again and again
 * while Redis is down would one day be given the very port as its own end, be connected to itself, and keep Redis
 * from coming back. Another process may take the port before Redis does; redis-server then ends and says so.
 */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${FIRST_PORT} and ${FIRST_PORT + PORTS}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

class LastWords {
  private said = '';

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.add(chunk.toString()));
    }
  }

  add(words: string): void {
    this.said = (this.said + words).slice(-LAST_WORDS_BYTES);
  }

  text(): string {
    return this.said.trim().split('\n').slice(-5).join(' | ');
  }
}

/** Where `gistpool up` keeps its Redis. */
export const redisDirOf = (dataDir: string): string => join(dataDir, 'redis');
