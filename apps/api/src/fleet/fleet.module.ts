import { Module } from '@nestjs/common';
import { CardController } from './card.controller';
import { FleetController } from './fleet.controller';

@Module({ controllers: [CardController, FleetController] })
export class FleetModule {}
