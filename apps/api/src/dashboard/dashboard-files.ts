import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Where the build puts the dashboard, as seen from the program that serves it: dist/api beside dist/dashboard. */
const BESIDE_THE_PROGRAM = join(import.meta.dirname, '..', 'dashboard');

/** The dashboard as it was built; where nothing was built, there is none. */
export class DashboardFiles {
  constructor(private readonly folder: string = BESIDE_THE_PROGRAM) {}

  get isBuilt(): boolean {
    return existsSync(this.index);
  }

  /** Read each time: a new build under a running api names other assets. */
  page(): Promise<string> {
    return readFile(this.index, 'utf8');
  }

  /** Names of assets hold a hash of their content, and each lies there gzipped, too. */
  register(fastify: FastifyInstance): void {
    if (!this.isBuilt) return;
    fastify.register(fastifyStatic, {
      root: join(this.folder, 'assets'),
      prefix: '/assets/',
      preCompressed: true,
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isNamedByContent = /-[\w-]{8}\.\w+(\.gz)?$/.test(path);
        reply.header('cache-control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache');
        reply.header('x-content-type-options', 'nosniff');
      },
    });
  }

  private get index(): string {
    return join(this.folder, 'index.html');
  }
}
