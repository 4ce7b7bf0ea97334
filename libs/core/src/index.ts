export type * from './session/types';
export * from './accounting/closed-forms';
export * from './accounting/kv-bytes';
export * from './session/bound';
export { Session, type Transcript } from './session/session';
