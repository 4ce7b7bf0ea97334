import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Backoff } from './backoff';

export interface ProcessPlan {
  readonly name: string;
  /** Path of the program, run by this Node. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Loaded before the program. */
  readonly preload: string;
  /** Asked at every start: a port may be known only after the first one. */
  readonly env: () => NodeJS.ProcessEnv;
  readonly logPath: string;
  /** Exit codes after which another start would end the same way. */
  readonly finalExitCodes: readonly number[];
}

export interface ProcessListener {
  /** A line the process wrote; `stream` 1 is stdout, 2 stderr. */
  line?(name: string, stream: 1 | 2, text: string): void;
  started?(name: string, pid: number): void;
  /** It ended unasked; it is started again after `pauseMs`, or never when that is undefined. */
  ended(name: string, how: string, pauseMs: number | undefined, plainLines: readonly string[]): void;
}

/** How many of a process's last plain (not JSON) stderr lines are kept to say why it ended. */
const KEPT_LINES = 10;

/** One child process that is started again whenever it ends, until it is stopped. */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private readonly backoff = new Backoff();
  private readonly log: WriteStream;
  private restart: NodeJS.Timeout | undefined;
  private isStopping = false;
  private plainLines: string[] = [];

  constructor(
    private readonly plan: ProcessPlan,
    private readonly listener: ProcessListener,
  ) {
    this.log = createWriteStream(plan.logPath, { flags: 'a' });
  }

  get name(): string {
    return this.plan.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    const startedAtMs = Date.now();
    this.plainLines = [];
    // Its own process group: Ctrl-C reaches the supervisor alone, which then ends all in order.
    const { preload, program, args = [] } = this.plan;
    const child = spawn(process.execPath, ['--import', preload, program, ...args], {
      env: { ...this.plan.env(), GISTPOOL_SUPERVISOR: String(process.pid) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.child = child;
    if (child.pid !== undefined) this.listener.started?.(this.name, child.pid);
    this.listen(child, 1);
    this.listen(child, 2);
    child.on('error', (error) => this.log.write(`${error.message}\n`));
    child.once('close', (code, signal) => this.closed(code, signal, Date.now() - startedAtMs));
  }

  /** Asks it to end, and makes it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.restart);
    const { child } = this;
    if (child !== undefined) {
      const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await closed;
      clearTimeout(timer);
    }
    this.log.end();
  }

  kill(): void {
    this.isStopping = true;
    clearTimeout(this.restart);
    this.child?.kill('SIGKILL');
  }

  private listen(child: ChildProcess, stream: 1 | 2): void {
    const source = stream === 1 ? child.stdout : child.stderr;
    if (source === null) return;
    createInterface({ input: source, crlfDelay: Infinity }).on('line', (text) => {
      this.log.write(`${text}\n`);
      if (stream === 2 && !text.startsWith('{'))
        this.plainLines = [...this.plainLines, text].slice(-KEPT_LINES);
      this.listener.line?.(this.name, stream, text);
    });
  }

  private closed(code: number | null, signal: NodeJS.Signals | null, ranMs: number): void {
    this.child = undefined;
    if (this.isStopping) return;
    const isFinal = code !== null && this.plan.finalExitCodes.includes(code);
    const pauseMs = isFinal ? undefined : this.backoff.pauseMs(ranMs);
    const how = signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`;
    this.log.write(`-- ended: ${how}\n`);
    if (pauseMs !== undefined) this.restart = setTimeout(() => this.start(), pauseMs);
    this.listener.ended(this.name, how, pauseMs, this.plainLines);
  }
}
