export { GistpoolClient, type ClientOptions } from './client';
export { GistpoolError } from './gistpool-error';
