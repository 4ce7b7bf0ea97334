export * from './batch';
export * from './errors';
export * from './events';
export * from './fleet';
export * from './job';
export * from './limits';
export * from './sampling';
export * from './usage';
