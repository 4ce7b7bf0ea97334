import { defineConfig } from 'vitest/config';

/** One vitest set-up for every project: real processes are slow on a busy machine, so limits are generous. */
export default defineConfig({
  test: {
    include: ['**/*.spec.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: 'forks',
    passWithNoTests: false,
  },
});
