import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Who may import whom: the arrows of ARCHITECTURE.md. */
const arrows = [
  {
    sourceTag: 'scope:core',
    onlyDependOnLibsWithTags: ['scope:core'],
    bannedExternalImports: ['bullmq', 'ioredis', '@nestjs/*', 'node-llama-cpp', 'pino', 'prom-client'],
  },
  { sourceTag: 'scope:contracts', onlyDependOnLibsWithTags: ['scope:core'] },
  { sourceTag: 'scope:config', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:core'] },
  { sourceTag: 'scope:telemetry', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:core'] },
  { sourceTag: 'scope:sim', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:core'] },
  { sourceTag: 'scope:client', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:core'] },
  { sourceTag: 'scope:blob', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:core'] },
  {
    sourceTag: 'scope:queue',
    onlyDependOnLibsWithTags: ['scope:contracts', 'scope:core', 'scope:config', 'scope:telemetry'],
  },
  {
    sourceTag: 'scope:engine',
    onlyDependOnLibsWithTags: ['scope:contracts', 'scope:core', 'scope:telemetry'],
    bannedExternalImports: ['bullmq', 'ioredis', '@nestjs/*'],
  },
  {
    sourceTag: 'scope:api',
    onlyDependOnLibsWithTags: [
      'scope:contracts',
      'scope:core',
      'scope:config',
      'scope:telemetry',
      'scope:queue',
      'scope:blob',
      // In tests only.
      'scope:client',
    ],
    bannedExternalImports: ['node-llama-cpp'],
  },
  {
    sourceTag: 'scope:scheduler',
    onlyDependOnLibsWithTags: [
      'scope:contracts',
      'scope:core',
      'scope:config',
      'scope:telemetry',
      'scope:queue',
    ],
    bannedExternalImports: ['node-llama-cpp', '@nestjs/*'],
  },
  {
    sourceTag: 'scope:worker',
    onlyDependOnLibsWithTags: [
      'scope:contracts',
      'scope:core',
      'scope:config',
      'scope:telemetry',
      'scope:queue',
      'scope:engine',
      'scope:blob',
    ],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'scope:cli',
    onlyDependOnLibsWithTags: [
      'scope:contracts',
      'scope:core',
      'scope:config',
      'scope:telemetry',
      'scope:queue',
      'scope:engine',
      'scope:sim',
    ],
    bannedExternalImports: ['@nestjs/*'],
  },
  {
    sourceTag: 'scope:dashboard',
    onlyDependOnLibsWithTags: ['scope:contracts', 'scope:sim'],
    bannedExternalImports: ['bullmq', 'ioredis', '@nestjs/*', 'node-llama-cpp', 'zod'],
  },
  { sourceTag: 'scope:tests', onlyDependOnLibsWithTags: ['kind:lib'] },
];

export default tseslint.config(
  { ignores: ['**/node_modules', '**/dist', '**/.data', '**/.nx', '**/fixtures/**'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mts'],
    ignores: ['**/vitest.config.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: [], depConstraints: arrows },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  { files: ['apps/dashboard/src/**/*.{ts,tsx}'], ...reactHooks.configs.flat.recommended },
  {
    files: ['apps/dashboard/src/**/*.{ts,tsx}', 'libs/sim/src/**/*.ts'],
    rules: {
      // What is served comes with its types; its schemas and their library stay on the server.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [{ name: '@gistpool/contracts', allowTypeImports: true, message: 'Types only.' }] },
      ],
    },
  },
  {
    files: ['apps/dashboard/*.mjs', 'apps/dashboard/public/**/*.js'],
    languageOptions: { globals: { localStorage: 'readonly', document: 'readonly' } },
  },
  {
    // The simulator runs in browsers, too.
    files: ['libs/core/src/**/*.ts', 'libs/sim/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['node:*', 'fs', 'net', 'fs/*'] }] },
  },
);
