import { spawn, spawnSync } from 'node:child_process';

/** Whether a program of Prometheus is on this machine; a test that needs it is skipped with this reason where it is not. */
export const hasProgram = (name: string): boolean => spawnSync(name, ['--version']).error === undefined;

export const lacks = (name: string): string =>
  `SKIP: ${name} is not installed (Debian: apt-get install prometheus)`;

/** Runs promtool to its end. */
export async function promtool(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn('promtool', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said };
}
