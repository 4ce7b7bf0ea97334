export * from './config';
export * from './lane-spec';
