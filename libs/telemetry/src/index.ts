export * from './logger';
export * from './probe-server';
export * from './process-registry';
