import { Module } from '@nestjs/common';
import { JobsController } from './jobs.controller';
import { PlacementController } from './placement.controller';
import { Submit } from './submit';

@Module({ controllers: [JobsController, PlacementController], providers: [Submit], exports: [Submit] })
export class JobsModule {}
