import { Module } from '@nestjs/common';
import { Keeper } from './keeper';

@Module({ providers: [Keeper] })
export class RetentionModule {}
