import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Leaves the number of passed and failed tests in the folder that `gistpool test` names. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const folder = process.env['GISTPOOL_TEST_COUNTS'];
    if (!folder) return;
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that cannot be loaded has no tests, and a hook's failure belongs to none.
    const brokenFiles = modules.filter(
      (module) => module.state() === 'failed' && !hasFailedTest(module),
    ).length;
    const project = process.env['NX_TASK_TARGET_PROJECT'] ?? basename(process.cwd());
    writeFileSync(
      join(folder, `${process.pid}.json`),
      JSON.stringify({
        project,
        passed: inState('passed'),
        failed: inState('failed') + brokenFiles + errors.length,
      }),
    );
  }
}

const hasFailedTest = (module: TestModule): boolean =>
  [...module.children.allTests()].some((test) => test.result().state === 'failed');
