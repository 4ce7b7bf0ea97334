export { connectAudit, type Audit, type NewAuditEntry } from './access/audit';
export { connectKeys, type Keys, type Verdict } from './access/keys';
export { keyStateOf, type IssuedKey, type KeyRecord, type NewKey } from './access/key-record';
export { toKeyIssued, toKeyView } from './access/key-view';
export { connectMeter, type Admission, type Meter } from './access/meter';
export { dayOf, connectTenants, type TenantRecord, type Tenants } from './access/tenants';
export { blockOf, LINES_PER_BLOCK, type LineEnd } from './batch-lines';
export type { BatchRecord, NewBatch } from './batch-record';
export { connectBatches, type Batches } from './batches';
export { connectBulkOrders, type BulkOrder, type BulkOrders } from './bulk-orders';
export { connectCardPort, CardReplaced } from './card-port';
export { cardLanesOf } from './card-shapes';
export { connectDispatch } from './dispatch';
export type * from './dispatch-port';
export type { Ending } from './endings';
export { startRedis, redisDirOf, type RunningRedis, type StartRedisOptions } from './embedded-redis';
export { connectFileIndex, type FileIndex } from './file-index';
export { connectFleet } from './fleet';
export { fleetLedger } from './fleet-ledger';
export { Foresight, havePools, type ForeseenJob } from './foresight';
export { connectIdempotency, type Claim, type Idempotency } from './idempotency';
export { connectJobs } from './jobs';
export { KEEP_EVENTS_MS } from './keep-events';
export {
  connectModelBacklogs,
  type ModelBacklog,
  type ModelBacklogs,
  type RunningJobOutline,
} from './model-backlogs';
export { redisAt } from './redis-address';
export { namesFor, parseQueueName, queueName, type Names } from './names';
export { featuresOf, policyOf } from './job-features';
export type { JobOutline } from './outline';
export { PlacedJobs, type PlacedJob } from './placed-jobs';
export {
  connectPredictions,
  marginsFrom,
  predictorFrom,
  type Predictions,
  type PredictionsReader,
} from './predictions';
export { connectQueueOrders, type QueueOrders } from './queue-orders';
export { queueConfigOf, type QueueConfig } from './queue-config';
export { connectRetention, type Retention } from './retention';
export type { Shares } from './shares';
export { connectTokenCounts } from './token-counts';
export * from './types';
export {
  connectWebhooks,
  type EndNotice,
  type TryOutcome,
  type WebhookMail,
  type Webhooks,
  type WebhookTry,
} from './webhooks';
export { connectWhereabouts, type Standing, type Whereabouts } from './whereabouts';
