import { Controller, Get, Inject, Param } from '@nestjs/common';
import type { FleetView } from '@gistpool/contracts';
import { ApiError, clip } from '../http/api-error';
import { Pool } from '../pool';
import type { ModelObject, ModelPage } from './model-page';

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
    const [models, cards, since] = await Promise.all([
      this.pool.fleet.models(),
      this.pool.fleet.cards(),
      this.pool.fleet.modelsSince(),
    ]);
    return {
      object: 'list',
      data: models.map((model) => ({
        id: model.name,
        object: 'model',
        created: since[model.name] ?? 0,
        owned_by: 'gistpool',
        ...model,
        cards: cards.filter((card) => card.model === model.name).length,
      })),
    };
  }

  @Get('models/:id')
  async model(@Param('id') id: string): Promise<ModelObject> {
    const { data } = await this.models();
    const model = data.find((one) => one.id === id);
    if (model === undefined)
      throw new ApiError(404, 'model_not_found', `there is no model ${clip(id, 80)}`, 'id');
    return model;
  }
}
