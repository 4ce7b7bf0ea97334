import { Gauge, type Registry } from 'prom-client';
import { groupFigures } from '@gistpool/core';
import { marginsFrom, predictorFrom, type PredictionsReader } from '@gistpool/queue';

/** How well predicted peaks held, as the leader published it last; recent jobs count more, so counts may fall. */
export class PredictionMetrics {
  private readonly eps: Gauge;
  private readonly promises: Gauge<'model'>;
  private readonly misses: Gauge<'model'>;
  private readonly margin: Gauge<'model'>;

  constructor(
    private readonly reader: PredictionsReader,
    registry: Registry,
  ) {
    const registers = [registry];
    this.eps = new Gauge({
      name: 'gistpool_prediction_promised_miss_ratio',
      help: 'GISTPOOL_EPS of the leader: at most this share of jobs may hold more than was predicted.',
      registers,
    });
    this.promises = new Gauge({
      name: 'gistpool_prediction_promises',
      help: 'Jobs with a predicted peak; recent ones count more.',
      labelNames: ['model'],
      registers,
    });
    this.misses = new Gauge({
      name: 'gistpool_prediction_misses',
      help: 'Those among them that held more than was predicted.',
      labelNames: ['model'],
      registers,
    });
    this.margin = new Gauge({
      name: 'gistpool_packing_margin_deviations',
      help: 'Deviations of the sum of all trajectories that pools keep free, steered by how many jobs overflow.',
      labelNames: ['model'],
      registers,
    });
  }

  async refresh(): Promise<void> {
    const published = await this.reader.latest();
    const read = published && predictorFrom(published);
    if (!published || !read?.ok) return;
    this.eps.set(read.predictor.options.eps);
    for (const [model, { z }] of marginsFrom(published)) this.margin.set({ model }, z);
    for (const { model, coverage } of groupFigures(read.predictor)) {
      this.promises.inc({ model }, coverage.promises);
      this.misses.inc({ model }, coverage.missed);
    }
  }

  forget(): void {
    for (const gauge of [this.eps, this.promises, this.misses, this.margin]) gauge.reset();
  }
}
