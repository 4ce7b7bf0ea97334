import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { ModelScaling, ScalingView } from '@gistpool/contracts';
import type { ModelBacklog } from '@gistpool/queue';
import { validate } from '../http/validate';
import { Log } from '../log';
import { Pool } from '../pool';
import { readLearnt } from '../predictions/learnt';
import { demandOfModel } from './model-demand';
import { ScalingQuery } from './scaling-query';
import { ScalingSettings } from './scaling-settings';
import { toScalingView, unseenModel } from './scaling-view';

const NOTHING: ModelBacklog = { waiting: 0, sample: [], running: [] };

@Controller(['scaling', 'v1/scaling'])
export class ScalingController {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(ScalingSettings) private readonly settings: ScalingSettings,
    @Inject(Log) private readonly log: Log,
  ) {}

  @Get()
  async scaling(@Query() query: unknown): Promise<ScalingView | ModelScaling> {
    const { model } = validate(ScalingQuery, query);
    const models = await this.models();
    const { rules } = this.settings;
    if (model !== undefined) return models.get(model) ?? unseenModel(model, rules);
    return {
      object: 'scaling',
      drain_ms: rules.drainMs,
      min_cards: rules.minCards,
      max_cards: rules.maxCards,
      models: Object.fromEntries(models),
    };
  }

  private async models(): Promise<Map<string, ModelScaling>> {
    const [models, cards, shapes, { predictor, admission }] = await Promise.all([
      this.pool.fleet.models(),
      this.pool.fleet.cards(),
      this.pool.backlogs.cardShapes(),
      readLearnt(this.pool, this.log),
    ]);
    const backlogs = await this.pool.backlogs.read(cards);
    const { rules } = this.settings;
    return new Map(
      models.map((model) => {
        const demand = demandOfModel({
          model,
          cards,
          backlog: backlogs.get(model.name) ?? NOTHING,
          rememberedLanes: shapes.get(model.name),
          predictor,
          admission,
          nowMs: Date.now(),
        });
        return [model.name, toScalingView(model.name, demand, rules)];
      }),
    );
  }
}
