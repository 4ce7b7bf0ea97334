import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { BatchController } from './batch.controller';
import { Intake } from './intake';

@Module({ imports: [JobsModule], controllers: [BatchController], providers: [Intake] })
export class BatchModule {}
