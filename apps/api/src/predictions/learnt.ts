import { DEFAULT_EPS } from '@gistpool/config';
import { Predictor } from '@gistpool/core';
import { predictorFrom } from '@gistpool/queue';
import type { Log } from '../log';
import type { Pool } from '../pool';

export interface Learnt {
  readonly predictor: Predictor;
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
    return { predictor: read.predictor, publishedAtMs, admission };
  }
  if (read && !read.ok) log.warn(`predictions cannot be read: ${read.problem}`);
  return { predictor: new Predictor({ eps: DEFAULT_EPS }), publishedAtMs: null, admission: 'bound' };
}
