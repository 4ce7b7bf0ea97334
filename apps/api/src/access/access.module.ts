import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller';
import { KeysController } from './keys.controller';
import { SessionController } from './session.controller';
import { TenantsController } from './tenants.controller';

@Module({ controllers: [AuditController, KeysController, SessionController, TenantsController] })
export class AccessModule {}
