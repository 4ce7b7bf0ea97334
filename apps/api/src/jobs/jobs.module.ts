import { Module } from '@nestjs/common';
import { JobsController } from './jobs.controller';
import { OrdersController } from './orders.controller';
import { PlacementController } from './placement.controller';
import { QueuesController } from './queues.controller';
import { Submit } from './submit';

@Module({
  controllers: [JobsController, OrdersController, PlacementController, QueuesController],
  providers: [Submit],
  exports: [Submit],
})
export class JobsModule {}
