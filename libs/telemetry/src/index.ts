export * from './logger';
export * from './probe-server';
export * from './process-registry';
export { startTracing } from './start-tracing';
export * from './tracing';
