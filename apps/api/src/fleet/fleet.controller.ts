import { Controller, Get, Inject } from '@nestjs/common';
import type { CardView, FleetView, SlotView } from '@gistpool/contracts';
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
    return {
      cards: await this.withPredictions(cards),
      models,
      waiting: counts.waiting,
      running: counts.running,
      scheduler: { leader, ...rules },
    };
  }

  /** A worker knows what is reserved for its jobs; what they were predicted stands in their records. */
  private async withPredictions(cards: readonly CardView[]): Promise<CardView[]> {
    const slots = cards.flatMap((card) => card.lanes.flatMap((lane) => lane.slots));
    const jobs = slots.flatMap((slot) => slot.job ?? []);
    const peaks = await this.pool.jobs.predictedPeaks(jobs);
    const predicted = (slot: SlotView): SlotView => {
      const cells = slot.job === null ? undefined : peaks.get(slot.job);
      return cells === undefined ? slot : { ...slot, predicted_cells: cells };
    };
    return cards.map((card) => ({
      ...card,
      lanes: card.lanes.map((lane) => ({ ...lane, slots: lane.slots.map(predicted) })),
    }));
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
