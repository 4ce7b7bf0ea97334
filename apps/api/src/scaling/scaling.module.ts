import { Module } from '@nestjs/common';
import { ScalingController } from './scaling.controller';

@Module({ controllers: [ScalingController] })
export class ScalingModule {}
