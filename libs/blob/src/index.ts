export type * from './blob-store';
export * from './file-blob-store';
export { openBlobStore, type BlobPlace } from './open-blob-store';
