import { z } from 'zod';

/** What is known about a model that some card serves, or has served. */
export const ModelInfo = z.object({
  name: z.string(),
  method: z.enum(['lightthinker', 'memento', 'vanilla', 'window']),
  architecture: z.string(),
  /** Values per token between layers (embedding length). */
  width: z.int().min(1).optional(),
  gist_count: z.int(),
  /** What the bound of a job's peak depends on besides: see core's Policy. */
  policy: z
    .object({
      lag_thoughts: z.int().min(0).optional(),
      every_tokens: z.int().min(1).optional(),
      first_tokens: z.int().min(0).optional(),
      last_tokens: z.int().min(1).optional(),
    })
    .default({}),
  kv_bytes_per_cell: z.int(),
  /** False: nothing tells while it decodes where its answer begins. */
  marks_answer: z.boolean().optional(),
  /** The widest slot of any lane, as the engine really made it (a multiple of 256). */
  largest_slot_cells: z.int(),
  default_limits: z.object({ max_tokens: z.int(), max_thoughts: z.int(), max_thought_tokens: z.int() }),
});
export type ModelInfo = z.infer<typeof ModelInfo>;

export const SlotView = z.object({
  slot: z.int(),
  job: z.string().nullable(),
  phase: z.enum(['idle', 'prefill', 'think', 'compress', 'answer']),
  thought: z.int(),
  live_cells: z.int(),
  reserved_cells: z.int(),
  /** Live cells of the last steps, oldest first: the saw-tooth. */
  recent_cells: z.array(z.int()),
  /** Of the session in it: cells after the last compression, tokens of its finished thoughts, most cells so far. */
  floor_cells: z.int().optional(),
  sampled_tokens: z.int().optional(),
  peak_cells: z.int().optional(),
  /** It does not go on, since its pool lacks the cells for it. */
  waits: z.boolean().optional(),
  /** Added by the api: the peak that was predicted for the job in it. */
  predicted_cells: z.int().optional(),
});
export type SlotView = z.infer<typeof SlotView>;

export const LaneView = z.object({
  lane: z.int(),
  slots: z.array(SlotView),
  cells_per_slot: z.int(),
  /** What was asked for before the engine rounded up to a multiple of 256. */
  cells_per_slot_requested: z.int(),
  /** The slots share so many cells: together their jobs hold no more, whatever each of them may. Left out: each has its own. */
  shared_cells: z.int().optional(),
  kv_bytes: z.int(),
});
export type LaneView = z.infer<typeof LaneView>;

export const CardView = z.object({
  card: z.string(),
  /** New with every start of the worker process: work given to an older incarnation is lost. */
  incarnation: z.string(),
  /** `reshaping`: it changes its lanes, and takes new jobs again in a moment. */
  state: z.enum(['ready', 'draining', 'reshaping']),
  /** By an operator's order: gets no new jobs; `draining` hands back what it has, `drained` has nothing any more. */
  cordon: z.enum(['cordoned', 'draining', 'drained']).optional(),
  model: z.string(),
  method: z.string(),
  device: z.string(),
  kv_budget_bytes: z.int(),
  kv_bytes: z.int(),
  lanes: z.array(LaneView),
  live_cells: z.int(),
  sessions: z.int(),
  tokens_per_second: z.number(),
  /** Decode steps of the card; tokens by steps is how many sessions a step carries. */
  steps_per_second: z.number().optional(),
  generated_tokens_total: z.int(),
  compressions_total: z.int(),
  /** Bytes of KV cache in use x seconds, since the card started: the card's own account, not the sum of its jobs'. */
  kv_byte_seconds_total: z.int().optional(),
  /** Times that the card got other lanes while it ran. */
  reshapes_total: z.int().optional(),
  /** Out of their slots for want of cells, with their caches in files; `sessions` counts them, too. */
  parked_sessions: z.int().optional(),
  parked_bytes: z.int().optional(),
  /** Since the card started: jobs that ended on it, and what became of sessions that outgrew their place. */
  ended_jobs_total: z.int().optional(),
  moves_total: z.int().optional(),
  parks_total: z.int().optional(),
  hand_backs_total: z.int().optional(),
  heartbeat_at_ms: z.int(),
});
export type CardView = z.infer<typeof CardView>;

/** What a job's place is reserved by: the most it can ever hold, or its predicted peak. */
export const ADMISSIONS = ['bound', 'predicted'] as const;

export const FleetView = z.object({
  cards: z.array(CardView),
  models: z.array(ModelInfo),
  waiting: z.int(),
  running: z.int(),
  scheduler: z.object({
    leader: z.string().nullable(),
    /** By which it, or the leader before it, reserves. Left out: none has led yet. */
    admission: z.enum(ADMISSIONS).optional(),
    eps: z.number().optional(),
  }),
});
export type FleetView = z.infer<typeof FleetView>;

export const CARD_ORDERS = ['cordon', 'uncordon', 'drain'] as const;
export type CardOrder = (typeof CARD_ORDERS)[number];

/** What `POST /v1/cards/:card/cordon`, `/uncordon` and `/drain` answer. */
export const CardReceipt = z.object({
  object: z.literal('card.order'),
  card: z.string(),
  /** Null: it takes jobs. */
  cordon: z.enum(['cordoned', 'draining', 'drained']).nullable(),
});
export type CardReceipt = z.infer<typeof CardReceipt>;
