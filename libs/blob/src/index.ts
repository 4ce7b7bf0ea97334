export * from './blob-store';
export * from './file-blob-store';
