import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { JobRequest, type PredictionExplanation, type PredictionsView } from '@gistpool/contracts';
import { explain, groupFigures } from '@gistpool/core';
import { featuresOf } from '@gistpool/queue';
import type { Caller } from '../access/caller';
import { By } from '../access/request-caller';
import { inTenantOf } from '../access/tenant-of';
import { ApiError } from '../http/api-error';
import { validate } from '../http/validate';
import { Models } from '../jobs/models';
import { Submit } from '../jobs/submit';
import { Log } from '../log';
import { Pool } from '../pool';
import { readLearnt } from './learnt';
import { toExplanationView, toGroupView } from './predictions-view';

@Controller('v1/predictions')
export class PredictionsController {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Submit) private readonly submit: Submit,
    @Inject(Log) private readonly log: Log,
  ) {}

  @Get()
  async predictions(): Promise<PredictionsView> {
    const { predictor, margins, publishedAtMs } = await readLearnt(this.pool, this.log);
    return {
      version: 1,
      eps: predictor.options.eps,
      published_at_ms: publishedAtMs,
      margins: [...margins].map(([model, { z }]) => ({ model, deviations: z })),
      groups: groupFigures(predictor).map(toGroupView),
    };
  }

  @Post('explain')
  @HttpCode(200)
  async explain(@By() caller: Caller, @Body() body: unknown): Promise<PredictionExplanation> {
    const job = await this.submit.prepareOne(validate(JobRequest, inTenantOf(caller, body)));
    const [models, { predictor }] = await Promise.all([
      this.pool.fleet.models(),
      readLearnt(this.pool, this.log),
    ]);
    const model = new Models(models, []).choose(job.model);
    if (model instanceof ApiError) throw model;
    return toExplanationView(job, explain(predictor, featuresOf(job, model)));
  }
}
