/** What a name alone does not say, by schema and field; shown in the OpenAPI document. */
export const FIELD_NOTES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  JobRequest: {
    custom_id: 'An id of your own; comes back with the job. In a batch it may be used once.',
    prompt: 'One user message. Either this or `messages`.',
    messages: 'A conversation. Either this or `prompt`.',
    tenant:
      'Whose job it is: each tenant has a queue of its own, so that none blocks another. Left out: the tenant of the key; only an admin may name another.',
    metadata: 'Comes back with the job.',
    tags: 'To find and order jobs by.',
    delay_ms: 'It waits at least so long. Either this or `not_before`.',
    not_before: 'ISO 8601 with an offset, or Unix milliseconds.',
    deadline:
      'When it is not done by then it ends as `expired`, also while it runs. ISO 8601 with an offset, or Unix milliseconds.',
    retries: 'Times it is tried again after a failure that may pass. A lost or drained worker burns none.',
    retry_backoff_ms: 'Before the first of them; it doubles with each.',
    dedupe_key:
      'A job of the tenant with this key that has not ended is answered, with 200, and none is made.',
    webhook: 'Who is told when it has ended; see docs/jobs.md.',
  },
  JobLimits: {
    max_tokens: 'Sampled tokens in all, reasoning and answer. Left out: the default of the model.',
    max_thoughts:
      'Thoughts that may be compressed before the job is cut. Left out: the default of the model.',
    max_thought_tokens:
      'A thought that grows to this length is closed by force, so that its memory has a bound.',
  },
  Sampling: {
    temperature: '0 is greedy.',
    seed: 'The same seed gives the same text. Left out: drawn at random.',
    stop: 'Text that ends the answer when it appears.',
    logit_bias: 'Token id to a value added to its logit.',
  },
  JobView: {
    custom_id: 'The id that the client gave.',
    batch: 'The batch it came with.',
    state:
      '`delayed` waits for its time, `paused` for an order; `expired`: its deadline passed. `retrying`: its worker was lost, it waits and goes on from its checkpoint.',
    limits: 'Under which it runs: those of the request, and defaults for what that left out.',
    placed_at_ms: 'When it last got a slot.',
    card: 'Where it runs, or ran last.',
    prompt_tokens: 'Counted by the tokenizer of the model.',
    predicted_peak_cells: 'Predicted when it was first placed; before, the most it can ever hold.',
    thoughts: 'Thoughts finished so far.',
    result: 'When it has ended.',
    result_deleted: 'It had a result, which was not to be kept any longer.',
    error: 'Why it failed, last.',
    failed_attempts: 'Times it failed and was put off to be tried again.',
    usage: 'When it has ended; before, as of its last checkpoint.',
    course:
      'How it ran, when it has completed or was cancelled at work. In lists only with `include=course`.',
  },
  JobResult: { text: 'Everything that was sampled, without control tokens.' },
  Usage: {
    generated_tokens: 'Sampled tokens; gists and continues do not count.',
    peak_cells: 'Most cells held at any time.',
    peak_tokens: "The LightThinker paper's closed form of the peak.",
    dep: 'Sum over sampled tokens of the tokens each depends on.',
    vanilla_peak_cells: 'Cells that plain decoding of the same text would have held at its end.',
    resumes: 'Times it was taken up again from a checkpoint.',
    replayed_tokens: 'Tokens fed again for that, at prefill speed.',
    overflows: 'Times it had to leave its slot for want of cells: parked, or handed back.',
  },
  JobPage: { next_cursor: '`cursor` of the next page; null on the last.' },
  JobCounts: { oldest_waiting: 'Of the whole pool, whatever the query leaves; null: none waits.' },
  PlacementView: {
    predicted_cells: 'Predicted when it was first placed; before, the most it can ever hold.',
    bound_cells: 'More it never holds, whatever it samples.',
    attempts: 'Workers that were lost with it, and times it went on from a checkpoint.',
    place: 'Null unless it is at work.',
    wait: 'Null unless it waits.',
  },
  JobCourse: {
    thought_tokens: 'Sampled tokens of each thought that was closed, its splitter included.',
    tail_tokens: 'Sampled tokens after the last of them, end token included.',
  },
  JobWait: {
    position: 'In the queue of its tenant, from 1; null while it is being moved.',
    waiting: 'Jobs of its model that wait, of all tenants, this one too.',
    text: 'The reason in words and numbers.',
    eta_ms: 'Roughly, until it is placed; null where nothing is known to tell it by.',
  },
  BatchReceipt: {
    jobs: 'Accepted jobs in line order.',
    errors: 'Refused lines, in line order, counted from 1.',
  },
  PredictionsView: {
    version: 'Of the document in which the scheduler publishes.',
    eps: 'The promise: at most this share of jobs holds more than was predicted.',
    published_at_ms: 'Null: no scheduler has published yet.',
    margins:
      'Deviations of the sum of all trajectories that the pools of a model keep free: more where more than 0.7 % of its jobs overflow.',
  },
  PredictionGroup: {
    policy: 'How the model compresses, with all that shapes its memory.',
    prompt_tokens: 'About so many: the middle of the group.',
    limits: 'About these: the middle of the group.',
    ended_sessions: 'Recent ones count more, so this need not be a whole number.',
    coverage:
      'Sessions that were promised a peak, those that went beyond it, and by what predictions are widened for that.',
    sharpness:
      'Cells held at the peaks of ended sessions, by those promised: 1 = none set aside in vain. Null: none has ended.',
  },
  PredictionExplanation: {
    predicted_peak_cells: 'What it would be predicted, the prompt included.',
    typical_peak_cells: 'Half of such jobs hold more.',
    upper_bound_cells: 'The most it can hold, whatever the model samples.',
    because: 'The reason, in a sentence.',
    groups: 'Whom it is judged by, from the general to the particular; each borrows from the one before.',
    borrowed: 'The nearest group it borrows from, and the weight of all that is borrowed. Null: nothing.',
    run: 'How long it is expected to run once it has a slot; `long_ms`: one in twenty runs longer.',
  },
  ModelInfo: {
    width: 'Values per token between two layers.',
    gist_count: 'Gist tokens that stay of each thought, beside its continue.',
    largest_slot_cells: 'The widest slot: what a job may need at its peak.',
  },
  LaneView: { cells_per_slot_requested: 'Before the engine rounded up to a multiple of 256.' },
  SlotView: {
    recent_cells: 'Live cells of the last steps, oldest first: the saw-tooth.',
    floor_cells: 'Cells of its session after the last compression.',
    sampled_tokens: 'Sampled tokens of its finished thoughts.',
    peak_cells: 'Most cells it has held so far.',
    predicted_cells: 'The peak that was predicted for the job in it.',
  },
  CardView: {
    steps_per_second: 'Decode steps; tokens by steps is how many sessions a step carries.',
    incarnation: 'New with every start of its worker.',
    cordon:
      'By an order: it gets no new jobs. `draining` hands back what it has, `drained` has nothing any more.',
  },
  ScalingView: {
    drain_ms: 'Within this time what waits is to end.',
    models: 'By name. With `?model=` one of these is the whole answer.',
  },
  ModelScaling: {
    present_cards: 'That report themselves, those that take no jobs among them.',
    card_cells: 'Of one card: the smallest that is here, else the last that was. Null: none was ever seen.',
    demanded_cells:
      'That waiting and running jobs would take if all had a place now; those on cordoned cards are left out.',
    backlog_cell_seconds: 'Of the waiting jobs: cells they take, times the seconds for which.',
    reason: 'What decided, with the numbers.',
  },
  CardReceipt: { cordon: 'Null: it takes jobs.' },
  ApiErrorBody: { param: 'The field at fault, as a dotted path.' },
};
