import type { WorkMode } from './work';

export type KvType = 'f16' | 'q8_0';

/** One way to spend the KV memory. */
export interface Side {
  readonly name: string;
  readonly by: 'gistpool' | 'llama-server';
  readonly mode: WorkMode;
  /** Whether sessions may share the cells of a pool; else each has a slot of its own, as the stock library has it. */
  readonly sharesPools: boolean;
  readonly kvType: KvType;
}

export interface SideRun {
  readonly makespan_s: number;
  readonly jobs_per_hour: number;
  /** As long as jobs waited. */
  readonly sessions_at_once: number;
  /** To the end of the last job. */
  readonly sessions_mean: number;
  readonly sessions_peak: number;
  /** Left out where nothing can be right. */
  readonly accuracy?: number;
  readonly completed: number;
  readonly tokens_per_second: number;
  /** CPU time of the process that decodes, from the first job's submit to the last one's end. */
  readonly cpu_s: number;
  readonly peak_cells_mean: number;
  readonly peak_cells_most: number;
  /** What the card's KV cache takes, of the budget. */
  readonly kv_bytes: number;
  readonly lanes: string;
}

export interface SideReport extends Side {
  readonly model: string;
  /** Of each figure, on its own, over the runs. */
  readonly medians: Omit<SideRun, 'lanes'>;
  /** Of the last run. */
  readonly lanes: string;
}

/** The vanilla twin first of each type: what the others are held against. */
export const sidesOf = (
  kvTypes: readonly KvType[],
  { pools, server }: { readonly pools: boolean; readonly server: boolean },
): Side[] =>
  kvTypes.flatMap((kvType): Side[] => {
    const own = { by: 'gistpool', sharesPools: false, kvType } as const;
    return [
      { ...own, name: 'vanilla', mode: 'vanilla' },
      ...(server ? [{ ...own, name: 'llama-server', by: 'llama-server', mode: 'vanilla' } as const] : []),
      { ...own, name: 'LightThinker', mode: 'lightthinker' },
      ...(pools
        ? [{ ...own, name: 'LightThinker, shared pools', mode: 'lightthinker', sharesPools: true } as const]
        : []),
    ];
  });
