import { basename, join } from 'node:path';
import { isPlanned, type WorkerConfig } from '@gistpool/config';
import type { LaneGoal } from '@gistpool/core';
import type { CardOptions } from '@gistpool/engine';

export const modelNameOf = (config: WorkerConfig): string =>
  config.GISTPOOL_MODEL_NAME ?? basename(config.GISTPOOL_MODEL_PATH).replace(/\.gguf$/i, '');

/** Shared pools are slow without it, lanes that the card chooses may be such, and a q8_0 cache does not work without it. */
const usesFlashAttention = (config: WorkerConfig): boolean =>
  config.GISTPOOL_FLASH_ATTENTION ?? (mayShare(config) || config.GISTPOOL_KV_TYPE === 'q8_0');

const mayShare = ({ GISTPOOL_POOL_SESSIONS: sessions, GISTPOOL_LANES: lanes }: WorkerConfig): boolean =>
  sessions === undefined ? isPlanned(lanes) : sessions > 1;

export const laneGoalOf = (config: WorkerConfig): LaneGoal =>
  config.GISTPOOL_LANES === 'most' ? 'sessions' : 'speed';

/** What the settings ask of the engine. `demandOf` is for lanes that the card chooses. */
export function cardOptions(config: WorkerConfig, demandOf?: CardOptions['demandOf']): CardOptions {
  const lanes = config.GISTPOOL_LANES;
  return {
    modelPath: config.GISTPOOL_MODEL_PATH,
    modelName: modelNameOf(config),
    device: config.GISTPOOL_DEVICE,
    threads: config.GISTPOOL_THREADS,
    kvType: config.GISTPOOL_KV_TYPE,
    flashAttention: usesFlashAttention(config),
    prefillChunk: config.GISTPOOL_PREFILL_CHUNK,
    park: {
      folder: join(config.GISTPOOL_DATA_DIR, 'parked', config.GISTPOOL_CARD),
      quotaBytes: Math.floor(config.GISTPOOL_PARK_MIB * 1024 * 1024),
    },
    ...(config.GISTPOOL_KV_BUDGET_MIB !== undefined && {
      kvBudgetBytes: Math.floor(config.GISTPOOL_KV_BUDGET_MIB * 1024 * 1024),
    }),
    ...(lanes !== undefined && !isPlanned(lanes) && { lanes }),
    ...(demandOf !== undefined && { demandOf }),
    laneGoal: laneGoalOf(config),
    ...(config.GISTPOOL_POOL_SESSIONS !== undefined && { poolSessions: config.GISTPOOL_POOL_SESSIONS }),
    defaultLimits: {
      ...(config.GISTPOOL_MAX_TOKENS !== undefined && { max_tokens: config.GISTPOOL_MAX_TOKENS }),
      ...(config.GISTPOOL_MAX_THOUGHTS !== undefined && { max_thoughts: config.GISTPOOL_MAX_THOUGHTS }),
      ...(config.GISTPOOL_MAX_THOUGHT_TOKENS !== undefined && {
        max_thought_tokens: config.GISTPOOL_MAX_THOUGHT_TOKENS,
      }),
    },
  };
}
