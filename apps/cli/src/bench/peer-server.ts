import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CliError } from '../exit';
import { tryPort } from '../pool/port';
import { cpuSecondsOf } from './cpu-clock';

const READY_WITHIN_MS = 120_000;
const LOOK_MS = 100;
const SAID_LINES = 5;

export interface ServerLoad {
  readonly binary: string;
  readonly modelPath: string;
  readonly slots: number;
  readonly cellsPerSlot: number;
  readonly kvType: 'f16' | 'q8_0';
  readonly threads: number;
}

const Reply = z.object({
  choices: z
    .array(z.object({ message: z.object({ content: z.string() }), finish_reason: z.string() }))
    .min(1),
  usage: z.object({ completion_tokens: z.number(), total_tokens: z.number() }),
  timings: z.object({ prompt_ms: z.number(), predicted_ms: z.number() }),
});

export interface ServerAnswer {
  readonly text: string;
  readonly isComplete: boolean;
  readonly tokens: number;
  /** Cells that it held at its end. */
  readonly cells: number;
  /** In its slot; `performance.now()`. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A llama-server of its own: as many slots, as wide, as the pool that it is held against, and no prompt cache. */
export class PeerServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(load: ServerLoad): Promise<PeerServer> {
    const free = await tryPort('127.0.0.1', 0);
    if (!free.ok) throw new CliError(`no free port on 127.0.0.1 for llama-server (${free.why})`);
    const child = spawn(load.binary, serverArguments(load, free.port), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, CUDA_VISIBLE_DEVICES: '' },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    const server = new PeerServer(child, free.port);
    const deadlineMs = Date.now() + READY_WITHIN_MS;
    while (!(await server.isReady())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadlineMs) {
        child.kill('SIGKILL');
        const words = said.trim().split('\n').slice(-SAID_LINES).join('; ');
        throw new CliError(`llama-server did not start: ${words}`);
      }
      await sleep(LOOK_MS);
    }
    return server;
  }

  /** A text that does not end by itself is complete at its limit. */
  async answer(
    prompt: string,
    { maxTokens, endsByItself }: { maxTokens: number; endsByItself: boolean },
  ): Promise<ServerAnswer> {
    const body = JSON.stringify({
      messages: [{ role: 'user', content: prompt }],
      temperature: 0,
      max_tokens: maxTokens,
      cache_prompt: false,
      ignore_eos: !endsByItself,
    });
    const { status, text } = await this.call('POST', '/v1/chat/completions', body);
    const toMs = performance.now();
    if (status !== 200)
      throw new CliError(`llama-server refused a prompt (${status}): ${text.slice(0, 200)}`);
    const { choices, usage, timings } = Reply.parse(JSON.parse(text));
    const [choice] = choices;
    return {
      text: choice?.message.content ?? '',
      isComplete: choice?.finish_reason === (endsByItself ? 'stop' : 'length'),
      tokens: usage.completion_tokens,
      cells: usage.total_tokens,
      fromMs: toMs - timings.prompt_ms - timings.predicted_ms,
      toMs,
    };
  }

  cpuSeconds(): number {
    return cpuSecondsOf(this.child.pid ?? 0);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  private async isReady(): Promise<boolean> {
    return this.call('GET', '/health').then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** Not `fetch`: that gives an answer up which takes more than five minutes to begin. */
  private call(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: this.port, method, path, headers: { 'content-type': 'application/json' } },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
          response.once('error', reject);
        },
      );
      call.once('error', reject);
      call.end(body);
    });
  }
}

const serverArguments = ({ modelPath, slots, cellsPerSlot, kvType, threads }: ServerLoad, port: number) =>
  [
    ['-m', modelPath, '--host', '127.0.0.1', '--port', String(port), '--timeout', '36000'],
    ['-np', String(slots), '-c', String(slots * cellsPerSlot), '--cache-ram', '0'],
    ['-ctk', kvType, '-ctv', kvType, '-fa', kvType === 'q8_0' ? 'on' : 'off'],
    ['-t', String(threads), '-tb', String(threads)],
  ].flat();
