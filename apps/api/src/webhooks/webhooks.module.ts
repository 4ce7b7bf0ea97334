import { Module } from '@nestjs/common';
import { DeliveriesController } from './deliveries.controller';
import { WebhookRunner } from './webhook-runner';

@Module({ controllers: [DeliveriesController], providers: [WebhookRunner] })
export class WebhooksModule {}
