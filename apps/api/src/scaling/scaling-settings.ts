import type { ApiConfig } from '@gistpool/config';
import type { ScalingRules } from '@gistpool/core';

/** Within which time backlogs are to end, and between which numbers of cards. */
export class ScalingSettings {
  constructor(readonly rules: ScalingRules) {}

  static of(config: ApiConfig): ScalingSettings {
    const { GISTPOOL_SCALING_DRAIN_MS: drainMs, GISTPOOL_SCALING_MIN_CARDS: minCards } = config;
    return new ScalingSettings({ drainMs, minCards, maxCards: config.GISTPOOL_SCALING_MAX_CARDS });
  }
}
