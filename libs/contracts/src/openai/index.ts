export * from './answer';
export * from './batch';
export * from './file';
export * from './request';
