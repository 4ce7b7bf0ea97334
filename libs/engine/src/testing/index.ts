export { type MetadataEntry, type TensorEntry, tensorBytes, writeGguf } from './gguf-writer';
export { byteCharacters, type RandomModelOptions, writeRandomModel } from './random-model';
