import { Controller, Get, Inject, Query } from '@nestjs/common';
import { AuditFilter, type AuditPage } from '@gistpool/contracts';
import { validate } from '../http/validate';
import { Pool } from '../pool';

@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get()
  async list(@Query() query: unknown): Promise<AuditPage> {
    const { entries, nextCursor } = await this.pool.audit.list(validate(AuditFilter, query));
    return { object: 'list', data: entries, next_cursor: nextCursor };
  }
}
