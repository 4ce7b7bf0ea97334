import type { BatchReceipt, JobView } from '@gistpool/contracts';
import type { Command } from 'commander';
import { untilBatchEnds } from '../batch';
import type { PoolClient } from '../client/pool-client';
import { EXIT } from '../exit';
import type { Output } from '../output';
import type { PoolOptions } from '../pool/plan';
import { parseJsonLines, readInput, type JsonLine } from '../puzzles/json-lines';
import { count } from '../view/format';
import { JobsView } from '../view/jobs-view';
import { runningPool, withPool } from '../with-pool';
import { urlOption, withPoolOptions } from './options';
import { requestIn } from '../request-line';

interface SubmitOptions extends PoolOptions {
  readonly url?: string;
  readonly modelName?: string;
  readonly wait?: true;
  readonly json?: true;
}

export function addSubmit(program: Command, output: Output): void {
  withPoolOptions(program.command('submit'), { port: 0 })
    .description(
      'Submit a file of jobs: one JSON object a line, a request of POST /v1/jobs or a puzzle {input, …}.',
    )
    .argument('<file>', 'the jobs, - for stdin')
    .option('--model-name <name>', 'model of the lines that name none')
    .option('--wait', 'wait for the end of all jobs (always, when no pool is running)')
    .option('--json', 'end with one line of JSON, alone on stdout')
    .addOption(urlOption())
    .action(async (file: string, options: SubmitOptions) => {
      const source = file === '-' ? 'stdin' : file;
      const lines = parseJsonLines(await readInput(file), source);
      const isLasting = options.url !== undefined || runningPool(options.dataDir) !== undefined;
      await withPool(options, output, async (client, signal) => {
        const receipt = await client.submitBatch(bodyLines(lines, options.modelName));
        sayRejected(receipt, output);
        output.progress(
          `batch ${receipt.id}: ${count(receipt.accepted)} jobs taken, ${count(receipt.rejected)} refused\n`,
        );
        const isWaiting = options.wait === true || !isLasting;
        const ended = isWaiting ? await wait(client, receipt, signal, output) : undefined;
        const summary = summaryOf(receipt, ended);
        output.answer(options.json ? `${JSON.stringify(summary)}\n` : textOf(summary));
        if (receipt.rejected > 0 || (ended !== undefined && summary.completed !== receipt.accepted)) {
          process.exitCode = EXIT.jobsFailed;
        }
      });
    });
}

/** Blank lines stay blank, so that the pool counts lines as the file does. */
function* bodyLines(lines: readonly JsonLine[], model: string | undefined): Generator<string> {
  let written = 0;
  for (const { number, value } of lines) {
    for (; written < number - 1; written += 1) yield '';
    yield JSON.stringify(requestIn(value, model));
    written += 1;
  }
}

const SHOWN_ERRORS = 20;

function sayRejected({ errors }: BatchReceipt, output: Output): void {
  for (const { line, error } of errors.slice(0, SHOWN_ERRORS)) {
    output.progress(`line ${line}: ${error.message}${error.param === null ? '' : ` [${error.param}]`}\n`);
  }
  if (errors.length > SHOWN_ERRORS)
    output.progress(`and ${count(errors.length - SHOWN_ERRORS)} more lines\n`);
}

async function wait(
  client: PoolClient,
  receipt: BatchReceipt,
  signal: AbortSignal,
  output: Output,
): Promise<readonly JobView[]> {
  const view = new JobsView(client, output);
  const ended = await untilBatchEnds(client, receipt, signal, (progress) => view.show(progress));
  view.clear();
  return [...ended.values()];
}

interface SubmitSummary {
  readonly batch: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly completed?: number;
  readonly failed?: number;
  readonly cancelled?: number;
  readonly expired?: number;
}

function summaryOf(receipt: BatchReceipt, ended: readonly JobView[] | undefined): SubmitSummary {
  const { id, accepted, rejected } = receipt;
  if (ended === undefined) return { batch: id, accepted, rejected };
  const inState = (state: JobView['state']) => ended.filter((job) => job.state === state).length;
  return {
    batch: id,
    accepted,
    rejected,
    completed: inState('completed'),
    failed: inState('failed'),
    cancelled: inState('cancelled'),
    expired: inState('expired'),
  };
}

const textOf = (summary: SubmitSummary): string =>
  Object.entries(summary)
    .map(([key, value]) => `${key.padEnd(10)} ${value}\n`)
    .join('');
