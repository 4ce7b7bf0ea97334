import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { DEFAULT_EPS } from '@gistpool/config';
import { JobRequest, type PredictionExplanation, type PredictionsView } from '@gistpool/contracts';
import { explain, groupFigures, Predictor } from '@gistpool/core';
import { featuresOf, predictorFrom } from '@gistpool/queue';
import { ApiError } from '../http/api-error';
import { validate } from '../http/validate';
import { Models } from '../jobs/models';
import { Submit } from '../jobs/submit';
import { Log } from '../log';
import { Pool } from '../pool';
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
    const { predictor, publishedAtMs } = await this.learnt();
    return {
      version: 1,
      eps: predictor.options.eps,
      published_at_ms: publishedAtMs,
      groups: groupFigures(predictor).map(toGroupView),
    };
  }

  @Post('explain')
  @HttpCode(200)
  async explain(@Body() body: unknown): Promise<PredictionExplanation> {
    const job = await this.submit.prepareOne(validate(JobRequest, body));
    const [models, { predictor }] = await Promise.all([this.pool.fleet.models(), this.learnt()]);
    const model = new Models(models, []).choose(job.model);
    if (model instanceof ApiError) throw model;
    return toExplanationView(job, explain(predictor, featuresOf(job, model)));
  }

  /** As the leader published it last; without that every prediction is a bound. */
  private async learnt(): Promise<{ predictor: Predictor; publishedAtMs: number | null }> {
    const published = await this.pool.predictions.latest();
    const read = published && predictorFrom(published);
    if (read?.ok) return { predictor: read.predictor, publishedAtMs: published?.publishedAtMs ?? null };
    if (read) this.log.warn(`predictions cannot be read: ${read.problem}`);
    return { predictor: new Predictor({ eps: DEFAULT_EPS }), publishedAtMs: null };
  }
}
