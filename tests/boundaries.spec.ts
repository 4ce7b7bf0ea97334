import { ESLint } from 'eslint';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

/** Each forbidden arrow of ARCHITECTURE.md, as the import that would draw it. */
const forbidden: [file: string, imported: string][] = [
  ['libs/core/src/x.ts', 'bullmq'],
  ['libs/core/src/x.ts', 'ioredis'],
  ['libs/core/src/x.ts', 'node-llama-cpp'],
  ['libs/core/src/x.ts', '@nestjs/common'],
  ['libs/core/src/x.ts', 'node:fs'],
  ['libs/core/src/x.ts', 'node:net'],
  ['libs/core/src/x.ts', '@gistpool/contracts'],
  ['libs/contracts/src/x.ts', '@gistpool/queue'],
  ['libs/config/src/x.ts', '@gistpool/engine'],
  ['libs/queue/src/x.ts', '@gistpool/engine'],
  ['libs/engine/src/x.ts', '@gistpool/queue'],
  ['libs/engine/src/x.ts', 'bullmq'],
  ['apps/api/src/x.ts', '@gistpool/engine'],
  ['apps/api/src/x.ts', 'node-llama-cpp'],
  ['apps/scheduler/src/x.ts', '@gistpool/engine'],
  ['apps/scheduler/src/x.ts', '@nestjs/common'],
  ['apps/worker/src/x.ts', '@nestjs/common'],
  ['apps/dashboard/src/x.ts', '@gistpool/queue'],
  ['libs/sim/src/x.ts', '@gistpool/queue'],
  ['libs/sim/src/x.ts', 'node:fs'],
  ['apps/dashboard/src/x.ts', '@gistpool/core'],
  ['apps/dashboard/src/x.ts', 'zod'],
];

const allowed: [file: string, imported: string][] = [
  ['libs/contracts/src/x.ts', '@gistpool/core'],
  ['libs/queue/src/x.ts', 'bullmq'],
  ['libs/engine/src/x.ts', 'node-llama-cpp'],
  ['apps/api/src/x.ts', '@gistpool/queue'],
  ['apps/worker/src/x.ts', '@gistpool/engine'],
  ['apps/dashboard/src/x.ts', '@gistpool/sim'],
];

const BOUNDARY_RULES = ['@nx/enforce-module-boundaries', 'no-restricted-imports'];

describe('the boundaries between the parts', () => {
  const root = resolve(import.meta.dirname, '..');
  let eslint: ESLint;
  beforeAll(() => {
    // The rule reads Nx's cached project graph and stays silent where there is none.
    execFileSync('npx', ['nx', 'show', 'projects'], {
      cwd: root,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
    process.chdir(root);
    eslint = new ESLint({ cwd: root });
  });

  const broken = async (file: string, imported: string) => {
    const [result] = await eslint.lintText(`import '${imported}';\n`, { filePath: resolve(root, file) });
    return (result?.messages ?? []).filter((message) => BOUNDARY_RULES.includes(message.ruleId ?? ''));
  };

  it.each(forbidden)('%s may not import %s', async (file, imported) => {
    expect(await broken(file, imported)).not.toEqual([]);
  });

  it.each(allowed)('%s may import %s', async (file, imported) => {
    expect(await broken(file, imported)).toEqual([]);
  });
});
