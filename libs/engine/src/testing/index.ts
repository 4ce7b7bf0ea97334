export { type ForcedRun, type ForcedSequence, forceSequences } from './forced';
export { type MetadataEntry, type TensorEntry, tensorBytes, writeGguf } from './gguf-writer';
export { byteCharacters, type RandomModelOptions, writeRandomModel } from './random-model';
export type { LaneCard } from '../card';
export { openLaneCard } from '../open-card';
export type { Chooser } from '../occupant';
export { Engine, type EngineContext, EngineModel } from '../binding';
export { PooledTrial, type TrialReport, type TrialShape } from './pooled-trial';
