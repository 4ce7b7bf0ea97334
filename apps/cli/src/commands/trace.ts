import { basename } from 'node:path';
import type { JobView } from '@gistpool/contracts';
import { traceOf, type MadeTrace } from '@gistpool/sim';
import { InvalidArgumentError, type Command } from 'commander';
import { PoolClient } from '../client/pool-client';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import { readJobs } from '../trace/read-jobs';
import { refuseToOverwrite, writeTrace } from '../trace/write-trace';
import { count } from '../view/format';
import { runningPool } from '../with-pool';
import { dataDirOption, urlOption, whole } from './options';

interface Options {
  readonly out: string;
  readonly since?: number;
  readonly batch?: string;
  readonly limit?: number;
  readonly model?: string;
  readonly force?: true;
  readonly dataDir: string;
  readonly url?: string;
}

export function addTrace(program: Command, output: Output): void {
  program
    .command('trace')
    .description('Traces of what a pool did, for `gistpool sim --trace`.')
    .command('record')
    .description('Write a trace of the jobs that ended in a running pool: lengths, times and lanes, no text.')
    .requiredOption('--out <file>', 'the trace, JSON lines (docs/simulator.md)')
    .option('--since <when>', 'jobs submitted since then: 30m, 2h, 1d ago, or a date', since)
    .option('--batch <id>', 'jobs of one batch')
    .option('--limit <n>', 'the newest so many that ended', whole(1))
    .option('--model <name>', 'jobs of this model; needed where the jobs are of several')
    .option('--force', 'write over the file if it exists')
    .addOption(dataDirOption())
    .addOption(urlOption())
    .action((options: Options) => record(options, output));
}

async function record(options: Options, output: Output): Promise<void> {
  refuseToOverwrite(options.out, options.force ?? false);
  const client = new PoolClient(urlOf(options));
  const fleet = await client.fleet();
  const { since: sinceMs, batch, limit, model: name } = options;
  if (name !== undefined && !fleet.models.some((model) => model.name === name)) {
    const known = fleet.models.map((model) => model.name).join(', ') || 'none';
    throw new CliError(`the pool knows no model ${name}; it knows ${known}`, EXIT.usage);
  }
  const wanted = {
    ...(name !== undefined && { model: name }),
    ...(batch !== undefined && { batch }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(limit !== undefined && { limit }),
  };
  const jobs = await readJobs(client, wanted, (read) =>
    output.progress(`gistpool: ${count(read)} jobs read\n`),
  );
  if (jobs.length === 0) throw new CliError(nothingFound(options));
  const model = fleet.models.find((one) => one.name === (name ?? onlyModelOf(jobs)));
  if (!model) throw new CliError(`the pool has forgotten the model of these jobs`);
  const told = traceOf(nameOf(options.out), model, fleet, jobs);
  if (!told.ok) throw new CliError(told.problem, told.isUnfit ? EXIT.usage : EXIT.failed);
  const made = told.trace;
  await writeTrace(options.out, made);
  for (const [why, jobsLeft] of made.leftOut)
    output.progress(`gistpool: left out, ${why}: ${count(jobsLeft)}\n`);
  output.answer(summaryOf(options.out, made));
}

function urlOf({ url, dataDir }: Options): string {
  const found = url ?? runningPool(dataDir)?.url;
  if (found !== undefined) return found;
  throw new CliError(
    `no pool runs on ${dataDir}; a trace is of a pool that runs: start one with \`gistpool up\`, or name it with --url`,
    EXIT.unreachable,
  );
}

function nothingFound({ batch, model, since: sinceMs }: Options): string {
  const asked = [
    model !== undefined && `of ${model}`,
    sinceMs !== undefined && `submitted since ${new Date(sinceMs).toISOString()}`,
    batch !== undefined && `in a batch ${batch}`,
  ].filter(Boolean);
  return `there is nothing to record: the pool has no job${asked.length === 0 ? '' : ` ${asked.join(' ')}`}`;
}

function onlyModelOf(jobs: readonly JobView[]): string {
  const [first = '', ...others] = new Set(jobs.map(({ model }) => model));
  if (others.length === 0) return first;
  throw new CliError(
    `the jobs are of several models (${[first, ...others].join(', ')}); name one with --model`,
    EXIT.usage,
  );
}

const nameOf = (path: string): string =>
  basename(path)
    .replace(/\.jsonl$/, '')
    .slice(0, 64) || 'trace';

function summaryOf(path: string, { header, jobs }: MadeTrace): string {
  const tokens = jobs.reduce(
    (sum, job) => sum + job.answer_tokens + job.thought_tokens.reduce((all, length) => all + length, 0),
    0,
  );
  const pool = header.pool ? '' : '; without its pool, as no card serves the model now';
  return `${path}: ${count(jobs.length)} jobs of ${header.model}, ${count(tokens)} tokens${pool}\n`;
}

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Unix milliseconds. */
function since(text: string): number {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (number !== undefined) return Date.now() - Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS];
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new InvalidArgumentError('Expected 90s, 30m, 2h or 1d, or a date like 2026-01-31T09:00.');
}
