import { Module } from '@nestjs/common';
import { JobsModule } from '../../jobs/jobs.module';
import { FilesModule } from '../files/files.module';
import { BatchesController } from './batches.controller';
import { BatchRunner } from './runner';

@Module({ imports: [FilesModule, JobsModule], controllers: [BatchesController], providers: [BatchRunner] })
export class BatchesModule {}
