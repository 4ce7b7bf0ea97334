import { Controller, Get, Inject, Param } from '@nestjs/common';
import type { DeliveryPage } from '@gistpool/contracts';
import { ApiError, clip } from '../http/api-error';
import { findJob } from '../jobs/find-job';
import { isJobId } from '../jobs/ids';
import { Pool } from '../pool';

@Controller('v1')
export class DeliveriesController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get('jobs/:id/deliveries')
  async ofJob(@Param('id') id: string): Promise<DeliveryPage> {
    await findJob(this.pool, id);
    return { object: 'list', data: await this.pool.webhooks.deliveries(id) };
  }

  @Get('batches/:id/deliveries')
  async ofBatch(@Param('id') id: string): Promise<DeliveryPage> {
    const batch = isJobId(id) ? await this.pool.batches.get(id) : undefined;
    if (batch === undefined)
      throw new ApiError(404, 'batch_not_found', `there is no batch ${clip(id, 80)}`, 'id');
    return { object: 'list', data: await this.pool.webhooks.deliveries(id) };
  }
}
