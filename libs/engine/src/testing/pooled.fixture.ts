import { findPooledLibrary } from '../pooled-library';

/** Why tests of shared pools cannot run here; undefined where our build of libllama is in the cache. */
export function whyNoPools(): string | undefined {
  const found = findPooledLibrary('cpu');
  return found.ok ? undefined : found.reason;
}
