import shared from '../../vitest.shared';

/** A long series of seeds; a handful is in the tests of every day. */
export default { ...shared, test: { ...shared.test, include: ['**/*.chaos.ts'], maxWorkers: 1 } };
