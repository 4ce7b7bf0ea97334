import { DEFAULT_EPS } from '@gistpool/config';
import { Predictor, type Margin } from '@gistpool/core';
import { marginsFrom, predictorFrom } from '@gistpool/queue';
import type { Log } from '../log';
import type { Pool } from '../pool';

export interface Learnt {
  readonly predictor: Predictor;
  /** What the pools of each model keep free. */
  readonly margins: ReadonlyMap<string, Margin>;
  readonly publishedAtMs: number | null;
  /** By what the leader places. */
  readonly admission: 'predicted' | 'bound';
}

/** As the leader published it last; without that every prediction is a bound. */
export async function readLearnt(pool: Pool, log: Log): Promise<Learnt> {
  const published = await pool.predictions.latest();
  const read = published && predictorFrom(published);
  if (published && read?.ok) {
    const { publishedAtMs, admission = 'bound' } = published;
    return { predictor: read.predictor, margins: marginsFrom(published), publishedAtMs, admission };
  }
  if (read && !read.ok) log.warn(`predictions cannot be read: ${read.problem}`);
  return {
    predictor: new Predictor({ eps: DEFAULT_EPS }),
    margins: new Map(),
    publishedAtMs: null,
    admission: 'bound',
  };
}
