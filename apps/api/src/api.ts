import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { openBlobStore } from '@gistpool/blob';
import type { ApiConfig } from '@gistpool/config';
import type { Logger } from '@gistpool/telemetry';
import { keepAuditTrail } from './access/audit-trail';
import { Authenticator } from './access/authenticator';
import { Gate } from './access/gate';
import { ApiModule } from './api.module';
import { Board } from './board/board';
import { DashboardFiles } from './dashboard/dashboard-files';
import { refuseOtherTypes } from './http/accepted-types';
import { readBodies } from './http/bodies';
import { answerBeforeRouting, answerBrokenRequest } from './http/before-routing';
import { refuseOtherSites } from './http/cross-site';
import { refuseWhileAway } from './http/reachable';
import { noteRoutes, type Route } from './http/routes';
import { secureHeaders } from './http/secure-headers';
import { Log } from './log';
import { measureHttp } from './metrics/http-metrics';
import { Metrics } from './metrics/metrics';
import { Pool } from './pool';
import { KeepSettings } from './retention/keep-settings';
import { ScalingSettings } from './scaling/scaling-settings';
import { traceHttp } from './tracing/http-tracing';
import { WebhookSettings } from './webhooks/webhook-settings';

/** The first request should not be refused only because it came before the connection. */
const REDIS_MAY_TAKE_MS = 2_000;

/** Requests that are under way at the end get this long. Also for connections on which nothing was ever asked: to Node they are not idle. */
const FINISH_WITHIN_MS = 5_000;

export interface Api {
  readonly url: string;
  readonly routes: readonly Route[];
  /** Ends event streams, finishes the requests that are under way, then lets go of Redis. */
  close(): Promise<void>;
}

/** Answers once it listens. Redis need not be there yet. */
export async function startApi(config: ApiConfig, logger: Logger, isTraced = false): Promise<Api> {
  const blobs = await openBlobStore({
    folder: join(config.GISTPOOL_DATA_DIR, 'blobs'),
    url: config.GISTPOOL_BLOB_URL,
    s3Endpoint: config.GISTPOOL_S3_ENDPOINT,
  });
  const pool = new Pool(config, logger, blobs);
  const log = new Log(logger);
  const dashboard = new DashboardFiles(config.GISTPOOL_DASHBOARD_DIR);
  const adapter = new FastifyAdapter({
    logger: false,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    frameworkErrors: answerBeforeRouting,
    clientErrorHandler: answerBrokenRequest,
  });
  const fastify = adapter.getInstance();
  const routes = noteRoutes(fastify);
  if (isTraced) traceHttp(fastify);
  fastify.addHook('onRequest', refuseWhileAway(pool));
  const authenticator = new Authenticator(pool.keys, config);
  fastify.addHook('onRequest', secureHeaders);
  fastify.addHook('onRequest', refuseOtherSites);
  keepAuditTrail(fastify, pool, log);
  new Gate(pool, authenticator).register(fastify);
  fastify.addHook('onRequest', refuseOtherTypes);
  const module = ApiModule.of(
    pool,
    log,
    authenticator,
    ScalingSettings.of(config),
    dashboard,
    WebhookSettings.of(config),
    KeepSettings.of(config),
  );
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: log,
    bodyParser: false,
    abortOnError: false,
  });
  readBodies(fastify);
  measureHttp(fastify, app.get(Metrics).registry);
  const board = new Board(pool.queues);
  board.register(fastify);
  dashboard.register(fastify);
  await pool.ready(REDIS_MAY_TAKE_MS);
  await app.listen(config.GISTPOOL_PORT, config.GISTPOOL_HOST);
  const close = async (): Promise<void> => {
    const cut = setTimeout(() => fastify.server.closeAllConnections(), FINISH_WITHIN_MS);
    await app.close();
    clearTimeout(cut);
    await board.close();
    await pool.close();
  };
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(addressOf(fastify.server.address())),
    routes,
    close: () => (closing ??= close()),
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the api listens on no port');
  return address;
}

/** An address to open: a server that listens everywhere is reached at this machine. */
function urlOf(address: AddressInfo): string {
  const { port } = address;
  const host = /^(0\.0\.0\.0|::)$/.test(address.address) ? '127.0.0.1' : address.address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
