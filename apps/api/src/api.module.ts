import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AccessModule } from './access/access.module';
import { Authenticator } from './access/authenticator';
import { BatchModule } from './batch/batch.module';
import { BulkModule } from './bulk/bulk.module';
import { DashboardFiles } from './dashboard/dashboard-files';
import { DashboardModule } from './dashboard/dashboard.module';
import { DocsModule } from './docs/docs.module';
import { EventsModule } from './events/events.module';
import { FleetModule } from './fleet/fleet.module';
import { HealthModule } from './health/health.module';
import { ErrorFilter } from './http/error-filter';
import { JobsModule } from './jobs/jobs.module';
import { Log } from './log';
import { MetricsModule } from './metrics/metrics.module';
import { BatchesModule } from './openai/batches/batches.module';
import { ChatModule } from './openai/chat/chat.module';
import { FilesModule } from './openai/files/files.module';
import { Pool } from './pool';
import { PredictionsModule } from './predictions/predictions.module';
import { KeepSettings } from './retention/keep-settings';
import { RetentionModule } from './retention/retention.module';
import { ScalingModule } from './scaling/scaling.module';
import { ScalingSettings } from './scaling/scaling-settings';
import { WebhookSettings } from './webhooks/webhook-settings';
import { WebhooksModule } from './webhooks/webhooks.module';

@Module({})
export class ApiModule {
  static of(
    pool: Pool,
    log: Log,
    authenticator: Authenticator,
    scaling: ScalingSettings,
    dashboard: DashboardFiles,
    webhooks: WebhookSettings,
    keep: KeepSettings,
  ): DynamicModule {
    return {
      module: ApiModule,
      global: true,
      imports: [
        AccessModule,
        BatchModule,
        BatchesModule,
        BulkModule,
        ChatModule,
        DashboardModule,
        DocsModule,
        EventsModule,
        FilesModule,
        FleetModule,
        HealthModule,
        JobsModule,
        MetricsModule,
        PredictionsModule,
        RetentionModule,
        ScalingModule,
        WebhooksModule,
      ],
      providers: [
        { provide: Pool, useValue: pool },
        { provide: Log, useValue: log },
        { provide: Authenticator, useValue: authenticator },
        { provide: ScalingSettings, useValue: scaling },
        { provide: DashboardFiles, useValue: dashboard },
        { provide: KeepSettings, useValue: keep },
        { provide: WebhookSettings, useValue: webhooks },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
      exports: [Pool, Log, Authenticator, ScalingSettings, DashboardFiles, KeepSettings, WebhookSettings],
    };
  }
}
