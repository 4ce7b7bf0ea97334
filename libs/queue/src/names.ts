import type { JobState } from '@gistpool/contracts';

/** Every key, channel and queue name in Redis. Lua scripts build `jobs:state:*`, `card:*`, `cordons`, `batch:*` and `usage:*` in the same way. */
export interface Names {
  readonly prefix: string;
  /** Prefix that BullMQ puts before its own keys. */
  readonly bullPrefix: string;
  /** Set of the queues that ever got a job. */
  readonly queues: string;
  /** Counter that numbers submitted jobs: the order of every index. */
  readonly sequence: string;
  /** Jobs recorded but not yet known to be in BullMQ: id -> time of submit. */
  readonly outbox: string;
  /** Delayed jobs by when they are due, and all that have one by their deadline; Unix ms. Scripts build both in the same way. */
  readonly due: string;
  readonly deadlines: string;
  /** Set of queues of which nothing is placed by order: `MODEL` or `MODEL TENANT`. */
  readonly pausedQueues: string;
  /** List of ends that somebody is to be told of: `job ID STATE N`. Scripts build it in the same way. */
  readonly webhooksEnded: string;
  readonly leader: string;
  readonly leaderEpoch: string;
  /** By which rules the leader places: one JSON document. */
  readonly rules: string;
  readonly cards: string;
  /** Hash of the cards that take no new jobs by an operator's order: `cordoned` or `draining`. */
  readonly cordons: string;
  readonly models: string;
  /** Hash of what a card of each model holds, as the last one announced it: lanes as JSON. */
  readonly cardShapes: string;
  /** Unix second at which each was announced first. Scripts build it in the same way. */
  readonly modelsSince: string;
  /** Stream of what jobs that ended have to teach; the leader takes from it. */
  readonly endings: string;
  /** What the leader has learnt about jobs: one JSON document. */
  readonly predictions: string;
  /** What each tenant has had, as the leader counts it: one JSON document. */
  readonly shares: string;
  /** Published when a placement may have become possible. */
  readonly changedChannel: string;
  /** Published with the id of a job, a blank, and how it is to stop. */
  readonly stopChannel: string;

  readonly allJobs: string;
  /** Ids of stored files; they sort by when they were made. */
  readonly files: string;
  jobsInState(state: JobState): string;
  jobsOf(field: 'model' | 'tenant' | 'task' | 'batch' | 'tag', value: string): string;
  /** Id of the job that holds the key, as long as it has not ended. */
  dedupe(tenant: string, key: string): string;

  /** What was made under a client's key: see Idempotency. */
  idempotency(key: string): string;
  /** Orders about many jobs, and those of them that are not done. */
  readonly openBulks: string;
  bulk(bulkId: string): string;
  bulkLease(bulkId: string): string;
  /** Tries to deliver what a job's or batch's end is told by: a list of JSON. */
  deliveries(of: string): string;
  /** Who tidies up. */
  readonly tidyLease: string;

  /** Ids of batches made from files, and those of them that somebody must still work on. */
  readonly batches: string;
  readonly openBatches: string;
  batch(batchId: string): string;
  batchLease(batchId: string): string;
  /** Sets of line numbers, as bits, and what is known of lines that were refused: see BatchLines. Scripts build it in the same way. */
  batchLines(
    batchId: string,
    what: 'completed' | 'failed' | 'cancelled' | 'expired' | 'refused' | 'refusals' | 'sealed',
  ): string;
  /** What is known of a stored file: one JSON document. */
  file(fileId: string): string;

  /** Ids of files, and of batches, of one tenant; they sort by when they were made. */
  filesOf(tenant: string): string;
  batchesOf(tenant: string): string;

  /** Ids of access keys. */
  keys: string;
  /** Hash of one key: what it may do, and the hash of its secret. */
  key(keyId: string): string;
  /** Names of tenants that were set up. */
  tenants: string;
  tenant(name: string): string;
  /** What the jobs of a tenant that ended on a day (of UTC, counted from 1970) have used. Scripts build it in the same way. */
  usage(tenant: string, day: number): string;
  /** When the next request of a tenant would find its bucket as full as it can be, in Unix ms. */
  requestBucket(tenant: string): string;
  /** Stream of who did what. */
  audit: string;
  /** With which sessions of the dashboard are signed. */
  sessionSecret: string;

  record(jobId: string): string;
  checkpoint(jobId: string): string;
  events(jobId: string): string;
  eventsChannel(jobId: string): string;
  /** List of what happened to it, a line each: see noteLog. */
  log(jobId: string): string;

  card(card: string): string;
  placements(card: string): string;
  inbox(card: string, incarnation: string): string;

  tokenRequests(model: string): string;
  tokenReplies(asker: string): string;

  lock(queue: string, jobId: string): string;
  active(queue: string): string;
  stalled(queue: string): string;
  waiting(queue: string): string;
  prioritized(queue: string): string;
}

export function namesFor(prefix: string): Names {
  const bullPrefix = `${prefix}:bull`;
  const bull = (queue: string, key: string) => `${bullPrefix}:${queue}:${key}`;
  return {
    prefix,
    bullPrefix,
    queues: `${prefix}:queues`,
    sequence: `${prefix}:jobs:sequence`,
    outbox: `${prefix}:jobs:outbox`,
    due: `${prefix}:jobs:due`,
    deadlines: `${prefix}:jobs:deadlines`,
    pausedQueues: `${prefix}:queues:paused`,
    webhooksEnded: `${prefix}:webhooks:ended`,
    leader: `${prefix}:leader`,
    leaderEpoch: `${prefix}:leader:epoch`,
    rules: `${prefix}:leader:rules`,
    cards: `${prefix}:cards`,
    cordons: `${prefix}:cordons`,
    models: `${prefix}:models`,
    cardShapes: `${prefix}:card-shapes`,
    modelsSince: `${prefix}:models:since`,
    endings: `${prefix}:endings`,
    predictions: `${prefix}:predictions`,
    shares: `${prefix}:shares`,
    changedChannel: `${prefix}:changed`,
    stopChannel: `${prefix}:cancel`,
    allJobs: `${prefix}:jobs:all`,
    files: `${prefix}:files`,
    jobsInState: (state) => `${prefix}:jobs:state:${state}`,
    jobsOf: (field, value) => `${prefix}:jobs:${field}:${value}`,
    dedupe: (tenant, key) => `${prefix}:dedupe:${tenant}:${key}`,
    idempotency: (key) => `${prefix}:idempotency:${key}`,
    openBulks: `${prefix}:bulks:open`,
    bulk: (bulkId) => `${prefix}:bulk:${bulkId}`,
    bulkLease: (bulkId) => `${prefix}:bulk:${bulkId}:lease`,
    deliveries: (of) => `${prefix}:deliveries:${of}`,
    tidyLease: `${prefix}:tidy:lease`,
    batches: `${prefix}:batches`,
    openBatches: `${prefix}:batches:open`,
    batch: (batchId) => `${prefix}:batch:${batchId}`,
    batchLease: (batchId) => `${prefix}:batch:${batchId}:lease`,
    batchLines: (batchId, what) => `${prefix}:batch:${batchId}:${what}`,
    file: (fileId) => `${prefix}:file:${fileId}`,
    filesOf: (tenant) => `${prefix}:files:of:${tenant}`,
    batchesOf: (tenant) => `${prefix}:batches:of:${tenant}`,
    keys: `${prefix}:keys`,
    key: (keyId) => `${prefix}:key:${keyId}`,
    tenants: `${prefix}:tenants`,
    tenant: (name) => `${prefix}:tenant:${name}`,
    usage: (tenant, day) => `${prefix}:usage:${tenant}:${day}`,
    requestBucket: (tenant) => `${prefix}:requests:${tenant}`,
    audit: `${prefix}:audit`,
    sessionSecret: `${prefix}:session-secret`,
    record: (jobId) => `${prefix}:job:${jobId}`,
    checkpoint: (jobId) => `${prefix}:job:${jobId}:checkpoint`,
    events: (jobId) => `${prefix}:job:${jobId}:events`,
    eventsChannel: (jobId) => `${prefix}:events:${jobId}`,
    log: (jobId) => `${prefix}:job:${jobId}:log`,
    card: (card) => `${prefix}:card:${card}`,
    placements: (card) => `${prefix}:card:${card}:placements`,
    inbox: (card, incarnation) => `${prefix}:card:${card}:inbox:${incarnation}`,
    tokenRequests: (model) => `${prefix}:tokens:${model}`,
    tokenReplies: (asker) => `${prefix}:tokens:reply:${asker}`,
    lock: (queue, jobId) => bull(queue, `${jobId}:lock`),
    active: (queue) => bull(queue, 'active'),
    stalled: (queue) => bull(queue, 'stalled'),
    waiting: (queue) => bull(queue, 'wait'),
    prioritized: (queue) => bull(queue, 'prioritized'),
  };
}

/**
 * The BullMQ queue of a model and a tenant. Both may hold dots; the tenant's become `~`, which no name may hold,
 * so that the last dot always parts the two.
 */
export const queueName = (model: string, tenant: string): string =>
  `reasoning.${model}.${tenant.replaceAll('.', '~')}`;

export function parseQueueName(queue: string): { model: string; tenant: string } {
  const cut = queue.lastIndexOf('.');
  return { model: queue.slice('reasoning.'.length, cut), tenant: queue.slice(cut + 1).replaceAll('~', '.') };
}

/** BullMQ takes no id that is a plain number or holds a colon, and keeps its own keys beside the jobs'. */
export function assertJobId(id: string): void {
  if (/^[A-Za-z][A-Za-z0-9]*[_-][A-Za-z0-9_-]+$/.test(id) && !/^(waiting-children|stalled-check)$/.test(id))
    return;
  throw new Error(
    `"${id}" cannot be a job's id: expected a word, a dash or underscore and more, e.g. job_7f3a`,
  );
}
