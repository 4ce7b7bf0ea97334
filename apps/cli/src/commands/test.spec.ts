import { describe, expect, it } from 'vitest';
import { failedTasksIn, total } from './test';

const fine = { exitCode: 0, failedTasks: [] };

describe('the count of a whole test run', () => {
  it('is the sum over the projects', () => {
    const counts = new Map([
      ['@gistpool/core', { passed: 10, failed: 1 }],
      ['@gistpool/api', { passed: 5, failed: 0 }],
    ]);
    const tests = { exitCode: 1, failedTasks: ['@gistpool/core:test'] };
    expect(total(counts, fine, [fine, tests])).toEqual({ passed: 15, failed: 1 });
  });

  it('has a failed check, and a project that broke off before it could count, among the failed', () => {
    const checks = { exitCode: 1, failedTasks: ['@gistpool/core:lint', '@gistpool/core:typecheck'] };
    const tests = { exitCode: 1, failedTasks: ['@gistpool/api:test'] };
    expect(total(new Map([['@gistpool/core', { passed: 3, failed: 0 }]]), checks, [tests])).toEqual({
      passed: 3,
      failed: 3,
    });
  });

  it('is never without a failure when nx itself failed', () => {
    expect(total(new Map(), { exitCode: 1, failedTasks: [] }, [fine])).toEqual({ passed: 0, failed: 1 });
  });

  it("finds the failed tasks at the end of nx's output", () => {
    const text =
      'noise\n- @a/b:c\n NX   Ran targets lint\n\nFailed tasks:\n\n- @gistpool/core:lint\n- @gistpool/api:typecheck\n';
    expect(failedTasksIn(text)).toEqual(['@gistpool/core:lint', '@gistpool/api:typecheck']);
    expect(failedTasksIn('- @a/b:c\n all fine')).toEqual([]);
  });
});
