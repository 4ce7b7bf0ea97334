import shared from '../../vitest.shared';

/** All of them, those too that take long. */
export default { ...shared, test: { ...shared.test, include: ['**/*.spec.ts', '**/*.k8s.ts'] } };
