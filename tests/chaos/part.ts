import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, writeFileSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/gistpool';

const DIST = join(ROOT, 'dist');
const AGAIN_AFTER_MS = 100;
const FAKETIME = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']
  .map((folder) => join(folder, 'faketime', 'libfaketimeMT.so.1'))
  .find((path) => existsSync(path));

/** Whether clocks can be moved on this machine (Debian: apt-get install libfaketime). */
export const canMoveClocks = FAKETIME !== undefined;

export interface PartPlan {
  readonly name: string;
  /** Relative to the built programs, e.g. `api/main`. */
  readonly program: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface PartEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** A fault, or the end of the pool, had asked for it. */
  readonly wasAsked: boolean;
}

/** One process of the pool, started again whenever it ends, as a supervisor would. */
export class Part {
  private child: ChildProcess | undefined;
  private isStopping = false;
  private isAsked = false;
  private said = '';
  private readonly log: WriteStream;
  private readonly clockPath: string;
  readonly ends: PartEnd[] = [];

  constructor(private readonly plan: PartPlan) {
    this.log = createWriteStream(join(plan.folder, `${plan.name}.log`), { flags: 'a' });
    this.clockPath = join(plan.folder, `${plan.name}.clock`);
    this.moveClock(0);
  }

  get name(): string {
    return this.plan.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Where it listens, as it said last. */
  get url(): string | undefined {
    return /"url":"(http:[^"]+)"/.exec(this.said)?.[1];
  }

  start(): void {
    const { plan } = this;
    const child = spawn(
      process.execPath,
      ['--import', join(DIST, 'cli', 'child.js'), join(DIST, `${plan.program}.js`)],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: process.env['HOME'] ?? '',
          // Compiled code is kept from one start to the next, as the launcher does.
          NODE_COMPILE_CACHE: join(DIST, '.compiled'),
          ...plan.env,
          ...this.clockEnv(),
          GISTPOOL_SUPERVISOR: String(process.pid),
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    this.child = child;
    this.isAsked = false;
    this.said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      this.log.write(text);
    });
    child.stderr?.pipe(this.log, { end: false });
    child.once('close', (code, signal) => {
      this.child = undefined;
      this.ends.push({ code, signal, wasAsked: this.isAsked || this.isStopping });
      this.log.write(`-- ended: ${String(code ?? signal)}\n`);
      if (!this.isStopping) setTimeout(() => !this.isStopping && this.start(), AGAIN_AFTER_MS);
    });
  }

  /** Resolves to how it ended, if the signal is to end it. */
  async end(signal: NodeJS.Signals): Promise<PartEnd | undefined> {
    const { child } = this;
    if (child === undefined) return undefined;
    this.isAsked = true;
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const before = this.ends.length;
    child.kill(signal);
    await ended;
    return this.ends[before];
  }

  /** An end that comes now, or later, is not its own doing. */
  expectEnd(): void {
    this.isAsked = true;
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** Of its wall clock against the machine's; that of time passed stays true. */
  moveClock(bySeconds: number): void {
    writeFileSync(this.clockPath, `${bySeconds < 0 ? '' : '+'}${String(bySeconds)}\n`);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.signal('SIGCONT');
    await this.end('SIGKILL');
    this.log.end();
  }

  private clockEnv(): Record<string, string> {
    if (FAKETIME === undefined) return {};
    return {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: this.clockPath,
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }
}
