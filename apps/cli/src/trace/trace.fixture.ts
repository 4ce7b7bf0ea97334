import type { FleetView, JobView, ModelInfo } from '@gistpool/contracts';
import { usageOf } from '../eval/record.fixture';

type Lane = FleetView['cards'][number]['lanes'][number];

export const MODEL: ModelInfo = {
  name: 'nano',
  method: 'lightthinker',
  architecture: 'qwen2',
  gist_count: 2,
  policy: {},
  kv_bytes_per_cell: 1024,
  largest_slot_cells: 512,
  default_limits: { max_tokens: 300, max_thoughts: 10, max_thought_tokens: 40 },
};

export const laneOf = (lane: number, slots: number, cells: number, isShared = false): Lane => ({
  lane,
  slots: Array.from({ length: slots }, (_, slot) => ({
    slot,
    job: null,
    phase: 'idle',
    thought: 0,
    live_cells: 0,
    reserved_cells: 0,
    recent_cells: [],
  })),
  cells_per_slot: cells,
  cells_per_slot_requested: cells,
  ...(isShared && { shared_cells: cells }),
  kv_bytes: slots * cells * 1024,
});

export const fleetWith = (lanes: Lane[], models: ModelInfo[] = [MODEL]): FleetView => ({
  cards: models.map((model, at) => ({
    card: `cpu-${at}`,
    incarnation: 'x',
    state: 'ready',
    model: model.name,
    method: model.method,
    device: 'cpu',
    kv_budget_bytes: 1_000_000,
    kv_bytes: 900_000,
    lanes,
    live_cells: 0,
    sessions: 0,
    tokens_per_second: 0,
    generated_tokens_total: 0,
    compressions_total: 0,
    heartbeat_at_ms: 1,
  })),
  models,
  waiting: 0,
  running: 0,
  scheduler: { leader: 's', admission: 'bound', eps: 0.01 },
});

/** A job that completed: submitted at 1,000 s, at work from 1,002 s to 1,003 s. */
export const endedJob = (id: string, change: Partial<JobView> = {}): JobView => ({
  id,
  object: 'job',
  state: 'completed',
  model: 'nano',
  tenant: 'default',
  priority: 0,
  tags: [],
  retries: 0,
  failed_attempts: 0,
  metadata: {},
  limits: MODEL.default_limits,
  created_at_ms: 1_000_000,
  placed_at_ms: 1_001_990,
  finished_at_ms: 1_003_000,
  card: 'cpu-0',
  prompt_tokens: 40,
  usage: usageOf({ run_ms: 1000, peak_cells: 61 }),
  course: { thought_tokens: [10, 16], tail_tokens: 6 },
  ...change,
});
