import shared from '../../vitest.shared';

/** All rungs, those too that need a cluster's own programs. */
export default { ...shared, test: { ...shared.test, include: ['**/*.spec.ts', '**/*.k8s.ts'] } };
