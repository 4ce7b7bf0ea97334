import { CommanderError } from 'commander';
import { CliError, EXIT, messageOf } from './exit';
import { terminalOutput } from './output';
import { buildProgram } from './program';

const output = terminalOutput();

/** Waits until everything written has left: `process.exit` cuts off what a slow pipe has not taken. */
function exit(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    output.progress(`gistpool: ${error.message}\n`);
    return error.exitCode;
  }
  output.progress(
    `gistpool: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`,
  );
  return EXIT.failed;
}

try {
  await buildProgram(output).parseAsync();
  exit(typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok);
} catch (error) {
  exit(exitCodeOf(error));
}
