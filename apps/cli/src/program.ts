import { Command } from 'commander';
import { addBench } from './commands/bench';
import { addDemo } from './commands/demo';
import { addEngine } from './commands/engine';
import { addEval } from './commands/eval';
import { addKeys } from './commands/keys';
import { addSim } from './commands/sim';
import { addSubmit } from './commands/submit';
import { addTest } from './commands/test';
import { addTrace } from './commands/trace';
import { addUp } from './commands/up';
import { addWatch } from './commands/watch';
import { EXIT_HELP } from './exit';
import type { Output } from './output';
import { ROOT, versionOf } from './root';

export function buildProgram(output: Output): Command {
  const program = new Command('gistpool')
    .description('Long LLM reasoning jobs in bulk on your own cards.')
    .version(versionOf(ROOT))
    .showHelpAfterError('(add --help for what is possible)')
    .addHelpText('after', EXIT_HELP)
    // An option behind a command's name is that command's own.
    .enablePositionalOptions()
    .exitOverride();
  for (const add of [
    addUp,
    addDemo,
    addSubmit,
    addWatch,
    addEval,
    addTrace,
    addKeys,
    addSim,
    addBench,
    addEngine,
    addTest,
  ])
    add(program, output);
  return program;
}
