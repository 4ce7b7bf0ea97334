import { CommanderError, type Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from './program';

const silent = {
  answer: () => undefined,
  progress: () => undefined,
  isLive: false,
  hasColor: false,
  columns: 80,
  rows: 24,
};

async function run(...args: string[]): Promise<{ code: string; said: string }> {
  const program = buildProgram(silent);
  let said = '';
  const hush = (command: Command) => {
    command.configureOutput({ writeOut: (text) => (said += text), writeErr: (text) => (said += text) });
    command.commands.forEach(hush);
  };
  hush(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return { code: 'ran', said };
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.code, said };
    throw error;
  }
}

describe('the command line', () => {
  it.each([
    [['up', '--prot', '1'], "unknown option '--prot'"],
    [['up', '--port', '70000'], 'Expected a whole number from 0 to 65535'],
    [['up', '--kv-budget-mib', '-1'], 'Expected a number above 0'],
    [['up', '--log-level', 'loud'], 'Allowed choices are silent'],
    [['demo', '--jobs', '47'], 'Expected a whole number from 48 up'],
    [['eval'], "missing required argument 'path'"],
    [['eval', 'x', '--mode', 'fast'], 'Allowed choices are lightthinker, token, vanilla'],
    [['eval', 'x', '--prompt', 'long'], 'Allowed choices are bare, paper'],
    [['eval', 'x', '--samples', '0'], 'Expected a whole number from 1 to 1000'],
    [['eval', 'x', '--temperature', 'hot'], 'Expected a number from 0 to 5'],
    [['eval', 'x', '--seed', '-1'], 'Expected a whole number from 0'],
    [['eval', 'x', '--models', 'a,,b'], 'Expected all, or names of models'],
    [['eval', 'compare'], "missing required argument 'dirs'"],
    [['eval', 'compare', 'a', 'b', '--out', 'c'], "unknown option '--out'"],
    [['bench', 'resume', '--kills', '0'], 'Expected a whole number from 1 to 99'],
    [['bench', 'crossover', '--kv-budgets-mib', '30,30'], 'Expected each budget once'],
    [['bench', 'same-memory', '--kv-types', 'f64'], 'Expected f16, q8_0 or f16,q8_0'],
    [['keys', 'create', '--scopes', 'write'], 'Expected submit, read or admin'],
    [['keys', 'create', '--expires', 'soon'], 'Expected a time like 90d'],
    [['keys', 'rotate'], "missing required argument 'id'"],
    [['sumbit', 'x'], "unknown command 'sumbit'"],
  ])('refuses %j and says why', async (args, why) => {
    const { code, said } = await run(...args);
    expect(code).toMatch(/^commander\./);
    expect(said).toContain(why);
  });

  it('explains its exit status', async () => {
    expect((await run('--help')).said).toMatch(
      /Exit status:\n {2}0 {4}done[\s\S]*3 {4}a model file was refused/,
    );
  });
});
