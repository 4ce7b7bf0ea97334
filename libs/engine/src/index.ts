export type * from './types';
export { openCard } from './open-card';
export { PromptRefused } from './prompt';
