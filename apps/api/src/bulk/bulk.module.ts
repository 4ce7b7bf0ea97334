import { Module } from '@nestjs/common';
import { BulkController } from './bulk.controller';
import { BulkRunner } from './bulk-runner';

@Module({ controllers: [BulkController], providers: [BulkRunner] })
export class BulkModule {}
