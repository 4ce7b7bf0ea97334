import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { PredictionsController } from './predictions.controller';

@Module({ imports: [JobsModule], controllers: [PredictionsController] })
export class PredictionsModule {}
