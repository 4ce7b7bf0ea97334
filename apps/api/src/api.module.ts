import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { BatchModule } from './batch/batch.module';
import { DocsModule } from './docs/docs.module';
import { EventsModule } from './events/events.module';
import { FleetModule } from './fleet/fleet.module';
import { HealthModule } from './health/health.module';
import { ErrorFilter } from './http/error-filter';
import { JobsModule } from './jobs/jobs.module';
import { LandingModule } from './landing/landing.module';
import { Log } from './log';
import { MetricsModule } from './metrics/metrics.module';
import { BatchesModule } from './openai/batches/batches.module';
import { ChatModule } from './openai/chat/chat.module';
import { FilesModule } from './openai/files/files.module';
import { Pool } from './pool';
import { PredictionsModule } from './predictions/predictions.module';
import { ScalingModule } from './scaling/scaling.module';
import { ScalingSettings } from './scaling/scaling-settings';

@Module({})
export class ApiModule {
  static of(pool: Pool, log: Log, scaling: ScalingSettings): DynamicModule {
    return {
      module: ApiModule,
      global: true,
      imports: [
        BatchModule,
        BatchesModule,
        ChatModule,
        DocsModule,
        EventsModule,
        FilesModule,
        FleetModule,
        HealthModule,
        JobsModule,
        LandingModule,
        MetricsModule,
        PredictionsModule,
        ScalingModule,
      ],
      providers: [
        { provide: Pool, useValue: pool },
        { provide: Log, useValue: log },
        { provide: ScalingSettings, useValue: scaling },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
      exports: [Pool, Log, ScalingSettings],
    };
  }
}
