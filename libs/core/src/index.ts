export type * from './session/types';
export * from './accounting/closed-forms';
export * from './accounting/kv-bytes';
export * from './ledger/ledger';
export * from './packing/admission-round';
export * from './packing/best-fit';
export * from './session/bound';
export { Session, type Transcript } from './session/session';
