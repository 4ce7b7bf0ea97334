import { ApiConfig, parseConfig } from '@gistpool/config';
import { createLogger, startTracing } from '@gistpool/telemetry';
import { checkBind } from './access/bind-check';
import { startApi } from './api';

const STOP_WITHIN_MS = 10_000;

async function main(): Promise<void> {
  const parsed = parseConfig(ApiConfig, process.env);
  if (!parsed.ok) {
    process.stderr.write(
      `the api cannot start:\n${parsed.problems.map((problem) => `  ${problem}\n`).join('')}`,
    );
    process.exit(2);
  }
  const logger = createLogger('api', parsed.config.GISTPOOL_LOG_LEVEL);
  const bind = await checkBind(parsed.config);
  if (!bind.ok) {
    process.stderr.write(`the api cannot start: ${bind.problem}\n`);
    process.exit(bind.isFinal ? 2 : 1);
  }
  const tracing = await startTracing('api');
  const api = await startApi(parsed.config, logger, tracing !== undefined).catch((error: unknown) => {
    logger.fatal({ err: error }, 'the api cannot start');
    process.exit(1);
  });
  logger.info({ url: api.url }, 'the api listens');
  process.stdout.write(`${JSON.stringify({ url: api.url })}\n`);

  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'the api stops');
    setTimeout(() => {
      logger.error('requests are still open; the api stops without them');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    const closed = async () => {
      await api.close();
      await tracing?.stop();
    };
    closed().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the api did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

void main();
