export { type MetadataEntry, type TensorEntry, tensorBytes, writeGguf } from './gguf-writer';
export { byteCharacters, type RandomModelOptions, writeRandomModel } from './random-model';
export { type LaneCard, openLaneCard } from '../card';
export type { Chooser } from '../occupant';
