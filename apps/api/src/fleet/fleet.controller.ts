import { Controller, Get, Inject } from '@nestjs/common';
import type { FleetView } from '@gistpool/contracts';
import { Pool } from '../pool';
import type { ModelPage } from './model-page';

@Controller('v1')
export class FleetController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get('fleet')
  async fleet(): Promise<FleetView> {
    const [cards, models, leader, rules, counts] = await Promise.all([
      this.pool.fleet.cards(),
      this.pool.fleet.models(),
      this.pool.fleet.leader(),
      this.pool.fleet.rules(),
      this.pool.jobs.counts(),
    ]);
    const { waiting, running } = counts;
    return { cards, models, waiting, running, scheduler: { leader, ...rules } };
  }

  @Get('models')
  async models(): Promise<ModelPage> {
    const [models, cards] = await Promise.all([this.pool.fleet.models(), this.pool.fleet.cards()]);
    return {
      object: 'list',
      data: models.map((model) => ({
        id: model.name,
        object: 'model',
        ...model,
        cards: cards.filter((card) => card.model === model.name).length,
      })),
    };
  }
}
