export { learntFrom, type Outcome, type PolicyFigures } from './figures';
export { paperTrace } from './made-traces';
export { POLICIES } from './policies';
export { arriving, resampled } from './resample';
export {
  benchOf,
  madeHistory,
  madeTraces,
  simulatePolicy,
  simulateTrace,
  type Bench,
  type SimOptions,
  type TraceOutcome,
} from './run-sim';
export { sameMemory, type Side } from './same-memory';
export { seededRandom } from './seeded-random';
export { compareScaling, type ScalingComparison } from './scaling/compare-scaling';
export { simulateAgainst, type Against, type AgainstFigures, type Compared } from './service/against';
export { stepTimeOf } from './service/service-simulation';
export { asVanilla, featuresOf, keptCells, peakCells, type Trace } from './sim-job';
export { handOverMs } from './trace/hand-over';
export { traceFrom } from './trace/trace-from';
export { traceOf, type MadeTrace } from './trace/trace-of';
