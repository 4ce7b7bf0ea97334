import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from './conditions';
import { removeFolder, temporaryFolder } from './gistpool';

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [atSeconds: number, value: string];
}

/** A real Prometheus that scrapes the given addresses every second. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(targets: Readonly<Record<string, string>>, rulesPath: string): Promise<Prometheus> {
    const folder = await temporaryFolder();
    const jobs = Object.entries(targets).map(([name, url]) => ({
      job_name: name,
      static_configs: [{ targets: [new URL(url).host] }],
    }));
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rulesPath],
      scrape_configs: jobs,
    };
    // JSON is YAML.
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const stop = async () => {
      child.kill();
      await ended;
      await removeFolder(folder);
    };
    const url = `http://${address}`;
    await eventually('Prometheus is ready', async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended: ${said}`);
      return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok;
    });
    return new Prometheus(url, stop);
  }

  /** Throws what Prometheus says against the query. */
  async query(expr: string): Promise<Sample[]> {
    const answer = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const body = (await answer.json()) as { status: string; error?: string; data: { result: Sample[] } };
    if (body.status !== 'success') throw new Error(`${expr}: ${body.error}`);
    return body.data.result;
  }

  /** Names and health of the rules that were loaded. */
  async rules(): Promise<{ name: string; health: string }[]> {
    const answer = await fetch(`${this.url}/api/v1/rules`);
    const body = (await answer.json()) as {
      data: { groups: { rules: { name: string; health: string }[] }[] };
    };
    return body.data.groups.flatMap(({ rules }) => rules);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
