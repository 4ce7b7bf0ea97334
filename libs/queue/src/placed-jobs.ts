import type { CardView, ModelInfo, SlotView } from '@gistpool/contracts';
import type { JobFeatures, Standing } from '@gistpool/core';
import { featuresOf } from './job-features';
import type { JobOutline } from './outline';
import type { Placement } from './types';

export interface PlacedJob {
  readonly outline: JobOutline;
  readonly features: JobFeatures;
  readonly placement: Placement;
  readonly card: string;
  /** By its card's last report in which it sat in a slot; undefined: the card has not told of it yet. */
  readonly standing: Standing | undefined;
  /** It does not go on for want of cells: in its slot, or parked. */
  readonly waits: boolean;
}

interface Seen {
  readonly token: string;
  readonly standing: Standing;
}

/** A slot's session on its trajectory. */
export function standingOf(slot: SlotView, promptTokens: number): Standing {
  const floorCells = Math.max(promptTokens, slot.floor_cells ?? 0);
  return {
    promptTokens,
    floorCells,
    thoughts: slot.thought,
    sampledTokens: slot.sampled_tokens ?? 0,
    thoughtCells: Math.max(0, slot.live_cells - floorCells),
    peakCells: Math.max(promptTokens, slot.live_cells, slot.peak_cells ?? 0),
  };
}

/**
 * What is known of the jobs that are placed: by whom they were placed does not matter, so that a scheduler that has just
 * taken the lead knows as much as one that has not.
 */
export class PlacedJobs {
  private readonly outlines = new Map<string, JobOutline>();
  /** Where sessions stood when they were seen in a slot last. One that has left it since, and is still placed, is parked. */
  private readonly seen = new Map<string, Seen>();
  /** Kept as they are while outline and model stay the same, for their groups are found by identity then. */
  private readonly features = new WeakMap<
    JobOutline,
    { readonly of: string; readonly features: JobFeatures }
  >();

  /** Jobs of this scheduler need not be read back. */
  placed(outline: JobOutline): void {
    this.outlines.set(outline.id, outline);
  }

  async read(
    cards: readonly CardView[],
    placements: ReadonlyMap<string, readonly Placement[]>,
    models: ReadonlyMap<string, ModelInfo>,
    fetchOutlines: (jobIds: readonly string[]) => Promise<JobOutline[]>,
  ): Promise<PlacedJob[]> {
    const ids = new Set([...placements.values()].flat().map(({ jobId }) => jobId));
    for (const known of [this.outlines, this.seen])
      for (const jobId of known.keys()) if (!ids.has(jobId)) known.delete(jobId);
    const missing = [...ids].filter((jobId) => !this.outlines.has(jobId));
    if (missing.length > 0)
      for (const outline of await fetchOutlines(missing)) this.outlines.set(outline.id, outline);

    const shapes = new Map([...models].map(([name, model]) => [name, JSON.stringify(model)]));
    return cards.flatMap(({ card, lanes }) => {
      const slots = new Map(lanes.flatMap((lane) => lane.slots).map((slot) => [slot.job, slot]));
      return (placements.get(card) ?? []).flatMap((placement): PlacedJob[] => {
        const outline = this.outlines.get(placement.jobId);
        const model = outline && models.get(outline.model);
        if (!outline || !model) return [];
        const slot = slots.get(placement.jobId);
        const { standing, isParked } = this.look(placement, slot && standingOf(slot, outline.promptTokens));
        const waits = isParked || slot?.waits === true;
        const features = this.featuresOf(outline, model, shapes.get(model.name) ?? '');
        return [{ outline, features, placement, card, standing, waits }];
      });
    });
  }

  private featuresOf(outline: JobOutline, model: ModelInfo, shape: string): JobFeatures {
    const known = this.features.get(outline);
    if (known?.of === shape) return known.features;
    const features = featuresOf(outline, model);
    this.features.set(outline, { of: shape, features });
    return features;
  }

  private look({ jobId, token }: Placement, standing: Standing | undefined) {
    const before = this.seen.get(jobId);
    if (standing !== undefined) {
      this.seen.set(jobId, { token, standing });
      return { standing, isParked: false };
    }
    const isParked = before?.token === token;
    return { standing: isParked ? before.standing : undefined, isParked };
  }
}
