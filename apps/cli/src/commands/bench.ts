import type { Command } from 'commander';
import type { Output } from '../output';
import { addBenchAccount } from './bench-account';
import { addBenchCancel } from './bench-cancel';
import { addBenchCrossover } from './bench-crossover';
import { addBenchDispatch } from './bench-dispatch';
import { addBenchEngine } from './bench-engine';
import { addBenchKill } from './bench-kill';
import { addBenchPark } from './bench-park';
import { addBenchPooled } from './bench-pooled';
import { addBenchResume } from './bench-resume';
import { addBenchSameMemory } from './bench-same-memory';
import { addBenchScale } from './bench-scale';
import { addBenchSoak } from './bench-soak';
import { addBenchSubmit } from './bench-submit';

/** Adds one benchmark as a subcommand of `gistpool bench`. */
export type AddBench = (bench: Command, output: Output) => void;

/** Each benchmark lives in a file of its own beside this one and is named here. */
const BENCHES: readonly AddBench[] = [
  addBenchAccount,
  addBenchCancel,
  addBenchCrossover,
  addBenchDispatch,
  addBenchEngine,
  addBenchKill,
  addBenchPark,
  addBenchPooled,
  addBenchResume,
  addBenchSameMemory,
  addBenchScale,
  addBenchSoak,
  addBenchSubmit,
];

export function addBench(program: Command, output: Output): void {
  const bench = program.command('bench').description('Measure this machine and this build.');
  for (const add of BENCHES) add(bench, output);
}
