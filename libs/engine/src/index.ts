export type * from './types';
export { openCard } from './card';
export { PromptRefused } from './prompt';
