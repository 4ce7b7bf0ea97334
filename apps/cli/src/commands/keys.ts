import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { KeyRequest, type KeyIssued, type KeyView, type Scope } from '@gistpool/contracts';
import { CliError, EXIT } from '../exit';
import type { KeyDesk } from '../keys/key-desk';
import { openDesk } from '../keys/open-desk';
import type { Output } from '../output';
import { table } from '../view/table';
import { dataDirOption, urlOption } from './options';

interface PlaceOptions {
  readonly dataDir: string;
  readonly url?: string;
  readonly json?: true;
}

const HELP = `
Without --url keys are made in the Redis of GISTPOOL_REDIS_URL, of the pool that runs on the data folder, or of the folder
itself; with --url by the pool at that address, asked with the admin's key in GISTPOOL_API_KEY.
`;

export function addKeys(program: Command, output: Output): void {
  const keys = program
    .command('keys')
    .description('Keys to come in with: make, list, rotate and revoke them.')
    .addHelpText('after', HELP);
  const add = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .option('--json', 'for programs')
      .addOption(dataDirOption())
      .addOption(urlOption());

  add('create', 'Make a key. It is shown once; only a hash of it is stored.')
    .option('--name <text>', 'what it is for', '')
    .option('--tenant <name>', 'whose key it is', 'default')
    .option('--scopes <list>', 'what it may do: submit, read, admin, with commas', scopes, [
      'submit',
      'read',
    ] satisfies Scope[])
    .option('--expires <time>', 'ends after e.g. 12h or 90d (default: never)', seconds)
    .action(
      async (options: PlaceOptions & { name: string; tenant: string; scopes: Scope[]; expires?: number }) => {
        const { name, tenant, expires } = options;
        const wanted = KeyRequest.safeParse({
          name,
          tenant,
          scopes: options.scopes,
          ...(expires !== undefined && { expires_in_s: expires }),
        });
        if (!wanted.success) throw new CliError(z.prettifyError(wanted.error), EXIT.usage);
        await at(options, output, async (desk) =>
          tellIssued(await desk.create(wanted.data), options, output),
        );
      },
    );
  add('list', 'List keys, newest first. Revoked and expired ones stay for 30 days.')
    .option('--tenant <name>', 'only keys of this tenant')
    .action(async (options: PlaceOptions & { tenant?: string }) => {
      await at(options, output, async (desk) => tell(await desk.list(options.tenant), options, output));
    });
  add('rotate', 'Make a new key in the place of one.')
    .argument('<id>', 'how the key begins: gp_…')
    .option('--grace <time>', 'the old one goes on for e.g. 1h or 7d', seconds, 0)
    .action(async (id: string, options: PlaceOptions & { grace: number }) => {
      await at(options, output, async (desk) =>
        tellIssued(await desk.rotate(id, options.grace), options, output),
      );
    });
  add('revoke', 'End a key at once.')
    .argument('<id>', 'how the key begins: gp_…')
    .action(async (id: string, options: PlaceOptions) => {
      await at(options, output, async (desk) => tell([await desk.revoke(id)], options, output));
    });
}

async function at(
  options: PlaceOptions,
  output: Output,
  work: (desk: KeyDesk) => Promise<void>,
): Promise<void> {
  const desk = await openDesk(options, output);
  try {
    await work(desk);
  } finally {
    await desk.close();
  }
}

function tellIssued({ secret, ...key }: KeyIssued, { json }: PlaceOptions, output: Output): void {
  if (json) return output.answer(`${JSON.stringify({ ...key, secret })}\n`);
  output.answer(`${secret}\n`);
  output.progress(`${rows([key])}gistpool: this is the only time that the key is shown\n`);
}

function tell(keys: readonly KeyView[], { json }: PlaceOptions, output: Output): void {
  if (json) output.answer(keys.map((key) => `${JSON.stringify(key)}\n`).join(''));
  else output.answer(rows(keys));
}

const rows = (keys: readonly KeyView[]): string =>
  table(
    ['key', 'name', 'tenant', 'scopes', 'state', 'created', 'expires', 'last used'],
    keys.map((key) => [
      key.id,
      key.name,
      key.tenant,
      key.scopes.join(','),
      key.state,
      day(key.created_at_ms),
      key.expires_at_ms === null ? 'never' : day(key.expires_at_ms),
      key.last_used_at_ms === null ? 'never' : day(key.last_used_at_ms),
    ]),
  );

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

const SCOPES: readonly string[] = ['submit', 'read', 'admin'] satisfies Scope[];

function scopes(text: string): Scope[] {
  const named = [...new Set(text.split(','))];
  if (named.every((scope) => SCOPES.includes(scope))) return named as Scope[];
  throw new InvalidArgumentError('Expected submit, read or admin, or several with commas.');
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function seconds(text: string): number {
  const [, number, unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  const perUnit = UNIT_SECONDS[unit];
  if (number !== undefined && perUnit !== undefined) return Number(number) * perUnit;
  throw new InvalidArgumentError('Expected a time like 90d, 12h, 30m or 20s.');
}
