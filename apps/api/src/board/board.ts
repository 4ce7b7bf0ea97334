import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';
import { parseQueueName } from '@gistpool/queue';
import { isAdmin } from '../access/caller';
import type { QueueDirectory } from './queue-directory';

export const BOARD_PATH = '/queues';
const REFRESH_MS = 1_000;

const SEEN_TENANT = 'x-gistpool-seen-tenant';
/** No tenant has this name. */
const EVERY_TENANT = '*';

/** The page brings its own styles and scripts; with this it neither asks nor reaches any other machine. */
const STAY_HERE =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'";

/**
 * The queues as BullMQ sees them. To look at only: a job's truth is its record, and a retry or removal behind its back
 * would part the two. Queues appear while somebody looks, at most a second after their first job.
 */
export class Board {
  private readonly server = new FastifyAdapter();
  private readonly board = createBullBoard({
    queues: [],
    serverAdapter: this.server,
    // The only fetcher is the scheduler, which BullMQ does not take for a worker.
    options: { uiConfig: { boardTitle: 'gistpool queues', showWorkers: false } },
  });
  private readonly queues = new Map<string, Queue>();
  private refreshedAtMs = 0;

  constructor(private readonly directory: QueueDirectory) {}

  register(fastify: FastifyInstance): void {
    this.server.setBasePath(BOARD_PATH);
    const plugin = this.server.registerPlugin();
    fastify.register(
      (scope, _options, done) => {
        scope.addHook('onRequest', async ({ headers, caller }, reply) => {
          // The board's own requests know headers only; whatever the client sent under this name is gone.
          headers[SEEN_TENANT] = caller === undefined || isAdmin(caller) ? EVERY_TENANT : caller.tenant;
          reply.header('content-security-policy', STAY_HERE);
          await this.refresh();
        });
        scope.register(plugin);
        done();
      },
      { prefix: BOARD_PATH },
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  private async refresh(): Promise<void> {
    if (Date.now() - this.refreshedAtMs < REFRESH_MS) return;
    this.refreshedAtMs = Date.now();
    for (const name of await this.directory.list()) {
      if (this.queues.has(name)) continue;
      const queue = new Queue(name, {
        connection: this.directory.redis,
        prefix: this.directory.names.bullPrefix,
      });
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
      const adapter = new BullMQAdapter(queue, { readOnlyMode: true });
      const { tenant } = parseQueueName(name);
      adapter.setVisibilityGuard(({ headers }) =>
        [EVERY_TENANT, tenant].includes(String(headers[SEEN_TENANT])),
      );
      this.board.addQueue(adapter);
    }
  }
}
