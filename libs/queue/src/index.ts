export { connectCardPort, CardReplaced } from './card-port';
export {
  connectDispatch,
  type Dispatch,
  type FetchedJob,
  type PlaceOutcome,
  type PlacementTarget,
  type QueueState,
  type Recovered,
} from './dispatch';
export type { Ending } from './endings';
export { startRedis, redisDirOf, type RunningRedis, type StartRedisOptions } from './embedded-redis';
export { connectFleet } from './fleet';
export { connectJobs, KEEP_EVENTS_MS } from './jobs';
export { namesFor, parseQueueName, queueName, type Names } from './names';
export { featuresOf, policyOf } from './job-features';
export type { JobOutline } from './outline';
export { connectPredictions, predictorFrom, type Predictions } from './predictions';
export { queueConfigOf, type QueueConfig } from './queue-config';
export { connectTokenCounts } from './token-counts';
export * from './types';
