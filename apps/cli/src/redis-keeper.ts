import { startRedis } from '@gistpool/queue';
import { messageOf } from './exit';

/**
 * Runs redis-server for `gistpool up`, as `redis-keeper.js DIR PORT`. It ends when Redis ends, and Redis ends
 * with it: so Redis is started again like any other process, is out of reach of the terminal's Ctrl-C, and does
 * not outlive a supervisor that was killed. Prints one line {"url", "pid"} when Redis answers.
 */
const [dir = '.', port = '0'] = process.argv.slice(2);

try {
  const redis = await startRedis({ dir, port: Number(port) });
  let isStopping = false;
  redis.onExit((code, lastWords) => {
    if (!isStopping) process.stderr.write(`redis-server ended (${code ?? 'by a signal'}): ${lastWords}\n`);
    process.exit(isStopping ? 0 : 1);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      isStopping = true;
      void redis.stop();
    });
  }
  process.stdout.write(`${JSON.stringify({ url: redis.url, pid: redis.pid })}\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}
