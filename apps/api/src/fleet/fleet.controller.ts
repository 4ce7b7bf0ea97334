import { Controller, Get, Inject, Param } from '@nestjs/common';
import type { CardView, FleetView, SlotView } from '@gistpool/contracts';
import { isAdmin, sees, type Caller } from '../access/caller';
import { By } from '../access/request-caller';
import { ApiError, clip } from '../http/api-error';
import { Pool } from '../pool';
import type { ModelObject, ModelPage } from './model-page';

/** Stands for the id of a job that is not the asker's. */
const OF_ANOTHER = 'other';

@Controller('v1')
export class FleetController {
  constructor(@Inject(Pool) private readonly pool: Pool) {}

  @Get('fleet')
  async fleet(@By() caller: Caller): Promise<FleetView> {
    const [cards, models, leader, rules, counts] = await Promise.all([
      this.pool.fleet.cards(),
      this.pool.fleet.models(),
      this.pool.fleet.leader(),
      this.pool.fleet.rules(),
      this.pool.jobs.counts(),
    ]);
    return {
      cards: await this.withPredictions(isAdmin(caller) ? cards : await this.withoutOthers(caller, cards)),
      models,
      waiting: counts.waiting,
      running: counts.running,
      scheduler: { leader, ...rules },
    };
  }

  /** Slots of other tenants' jobs are seen at work, and whose job it is stays with them. */
  private async withoutOthers(caller: Caller, cards: readonly CardView[]): Promise<CardView[]> {
    const ids = cards.flatMap(({ lanes }) =>
      lanes.flatMap(({ slots }) => slots.flatMap(({ job }) => job ?? [])),
    );
    const tenants = await Promise.all(ids.map((id) => this.pool.jobs.tenantOf(id)));
    const own = new Set(ids.filter((_, at) => sees(caller, tenants[at] ?? '')));
    const seen = (slot: SlotView): SlotView =>
      slot.job === null || own.has(slot.job) ? slot : { ...slot, job: OF_ANOTHER };
    return cards.map((card) => ({
      ...card,
      lanes: card.lanes.map((lane) => ({ ...lane, slots: lane.slots.map(seen) })),
    }));
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
