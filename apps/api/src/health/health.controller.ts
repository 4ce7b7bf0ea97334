import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Pool } from '../pool';
import type { Liveness, Readiness } from './health';

@Controller()
export class HealthController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  /** Up while the process answers at all: Redis away is no reason to restart it. */
  @Get(['healthz', 'livez'])
  live(): Liveness {
    return { ok: true, uptime_s: Math.round(process.uptime()) };
  }

  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const missing = await this.pool.missing();
    if (missing.length > 0) reply.code(503).header('retry-after', '2');
    return { ready: missing.length === 0, missing };
  }
}
