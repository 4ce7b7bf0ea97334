import { InvalidArgumentError, Option, type Command } from 'commander';

/** A parser of commander's for whole numbers within limits. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `Expected a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ' up'}.`,
    );
  };
}

export function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** A parser of commander's for precisions of the KV cache. */
export const kvTypes = (text: string): ('f32' | 'f16' | 'q8_0')[] =>
  text.split(',').map((type) => {
    if (type === 'f32' || type === 'f16' || type === 'q8_0') return type;
    throw new InvalidArgumentError('Expected f32, f16 or q8_0, or several with commas.');
  });

/** Above 0 and below 1. */
export function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('Expected a number between 0 and 1.');
}

export const dataDirOption = (): Option =>
  new Option('--data-dir <dir>', 'folder of everything that lasts').env('GISTPOOL_DATA_DIR').default('.data');

export const randomOption = (): Option =>
  new Option(
    '--random',
    'instead of the bundled twins and puzzles, twins of 150M random weights with texts and thoughts of fixed lengths',
  );

function httpUrl(text: string): string {
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Expected an address like http://127.0.0.1:7410.');
}

export const urlOption = (): Option =>
  new Option('--url <url>', 'a pool that runs elsewhere').argParser(httpUrl);

const modelOption = (): Option =>
  new Option('--model <path>', 'GGUF file to serve; may be repeated (default: both bundled models)')
    .argParser((path: string, earlier: string[]) => [...earlier, path])
    .default([], '');

/** Options of every command that may start a pool. */
export function withPoolOptions(command: Command, { port }: { port: number }): Command {
  return command
    .addOption(dataDirOption())
    .option('--port <port>', 'port of the REST api, 0 = any free one', whole(0, 65_535), port)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .addOption(modelOption())
    .addOption(
      new Option('--device <device>', 'where models run').choices(['auto', 'cpu', 'cuda', 'vulkan', 'metal']),
    )
    .addOption(
      new Option(
        '--lanes <spec>',
        'slots of each card, e.g. 32x512 or 32x512,4x2048; auto: planned for speed, most: for the most sessions',
      ),
    )
    .option(
      '--pool-sessions <n>',
      'sessions that share the cells of each slot of --lanes; more than 1 needs `gistpool engine build`',
      whole(1, 256),
    )
    .option('--kv-budget-mib <n>', 'KV memory of each card', positive)
    .addOption(new Option('--kv-type <type>', 'precision of the KV cache').choices(['f32', 'f16', 'q8_0']))
    .option('--threads <n>', 'CPU threads of each card', whole(1, 1024))
    .addOption(
      new Option('--log-level <level>', 'how much the processes log')
        .choices(['silent', 'error', 'warn', 'info', 'debug', 'trace'])
        .default('info'),
    );
}
