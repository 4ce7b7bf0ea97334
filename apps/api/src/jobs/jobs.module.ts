import { Module } from '@nestjs/common';
import { JobsController } from './jobs.controller';
import { Submit } from './submit';

@Module({ controllers: [JobsController], providers: [Submit], exports: [Submit] })
export class JobsModule {}
