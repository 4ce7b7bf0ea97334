import { spawnSync } from 'node:child_process';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namesFor, type Placement } from '@gistpool/queue';
import type { ChaosPool } from './chaos-pool';
import type { Fault, FaultKind, PartName } from './fault-plan';
import { canMoveClocks, type Part } from './part';

/** `done`; `missed`: there was nothing to do it to; else why this machine cannot. */
export type Injury = 'done' | 'missed' | `SKIP: ${string}`;

type Inflict = (pool: ChaosPool, fault: Fault) => Promise<Injury>;

const names = namesFor('gistpool');
const GRACE_MS = 12_000;
const LOOK_MS = 10;
const HOUR_S = 3600;
const SLOWEST_MS = 250;

const partOf = (pool: ChaosPool, { target }: Fault): Part => pool.part(target as PartName);
const cardOf = ({ target }: Fault): string => target.replace('worker', 'card');

/** Each resolves when it is healed. */
export const INFLICT: Record<FaultKind, Inflict> = {
  kill: async (pool, fault) => {
    await partOf(pool, fault).end('SIGKILL');
    return 'done';
  },

  freeze: async (pool, fault) => {
    if (fault.target === 'redis') await pool.redis.freeze(Math.min(fault.forMs, 1_500));
    else {
      const part = partOf(pool, fault);
      part.signal('SIGSTOP');
      await sleep(fault.forMs);
      part.signal('SIGCONT');
    }
    return 'done';
  },

  terminate: async (pool, fault) => {
    const startedAtMs = performance.now();
    const end = await partOf(pool, fault).end('SIGTERM');
    if (end === undefined) return 'missed';
    const tookMs = performance.now() - startedAtMs;
    // One that was killed meanwhile ended by that.
    if (end.signal === null && end.code !== 0)
      throw new Error(`${fault.target} ended with ${end.code} on SIGTERM`);
    if (tookMs > GRACE_MS) throw new Error(`${fault.target} took ${Math.round(tookMs)} ms to end`);
    return 'done';
  },

  'redis-restart': async (pool, { forMs }) => {
    await pool.redis.restart(Math.min(forMs, 1_500));
    return 'done';
  },

  'redis-failover': async (pool) => {
    await pool.redis.failOver();
    return 'done';
  },

  'disk-full': async (pool, { forMs }) => {
    if (!pool.hasSmallDisk) return 'SKIP: a disk of its own needs the right to mount';
    const ballast = join(pool.folder, 'blobs', 'ballast');
    fill(ballast);
    await sleep(forMs);
    rmSync(ballast);
    return 'done';
  },

  'clock-jump': async (pool, fault) => {
    if (!canMoveClocks) return 'SKIP: libfaketime is not installed';
    const part = partOf(pool, fault);
    part.moveClock(Math.round((fault.how < 0.5 ? -1 : 1) * HOUR_S * (0.1 + fault.how)));
    await sleep(fault.forMs + 1_000);
    part.moveClock(0);
    return 'done';
  },

  'slow-network': async (pool, { target, forMs, how }) => {
    const link = pool.redis.links.get(target as PartName);
    link?.slow(20 + how * SLOWEST_MS);
    await sleep(forMs);
    link?.slow(0);
    return 'done';
  },

  'cut-network': async (pool, { target, forMs }) => {
    const link = pool.redis.links.get(target as PartName);
    link?.cut();
    await sleep(forMs);
    link?.heal();
    return 'done';
  },

  'silent-network': async (pool, { target, forMs }) => {
    const link = pool.redis.links.get(target as PartName);
    link?.silence();
    await sleep(forMs);
    link?.heal();
    return 'done';
  },

  'duplicate-inbox': async (pool, fault) => {
    const placed = await until(fault.forMs, () => placementsOf(pool, fault));
    await again(pool, fault, placed ?? []);
    return placed === undefined ? 'missed' : 'done';
  },

  'delayed-inbox': async (pool, fault) => {
    const placed = await until(fault.forMs, () => placementsOf(pool, fault));
    if (placed === undefined) return 'missed';
    await sleep(fault.forMs);
    await again(pool, fault, placed);
    return 'done';
  },

  'corrupt-checkpoint': async (pool, fault) => {
    const part = partOf(pool, fault);
    const { client } = pool.redis;
    const damage = async () => {
      const placed = (await placementsOf(pool, fault)) ?? [];
      const key = names.checkpoint(placed[0]?.jobId ?? '');
      if (placed.length === 0 || (await client.exists(key)) === 0) return undefined;
      // So that it is not written anew before the worker is dead.
      part.signal('SIGSTOP');
      const text = await client.get(key);
      if (text !== null) await client.set(key, damaged(text, fault.how), 'XX');
      return true;
    };
    const isDamaged = await until(fault.forMs, damage);
    if (isDamaged) await part.end('SIGKILL');
    return isDamaged ? 'done' : 'missed';
  },

  'corrupt-cache': async (pool, fault) => {
    const part = partOf(pool, fault);
    const folder = join(pool.folder, 'parked', cardOf(fault));
    const damage = () => {
      const [file] = cellsIn(folder);
      if (file === undefined) return undefined;
      part.signal('SIGSTOP');
      const isThere = scratch(join(folder, file), fault.how);
      part.signal('SIGCONT');
      return isThere || undefined;
    };
    return (await until(fault.forMs + 1_000, damage)) ? 'done' : 'missed';
  },

  'out-of-memory': async (pool, fault) => {
    const part = partOf(pool, fault);
    const { pid } = part;
    if (pid === undefined) return 'missed';
    part.expectEnd();
    const kib = Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    const limited = spawnSync('prlimit', ['--pid', String(pid), `--as=${String(kib * 1024)}`]);
    if (limited.status !== 0) return 'SKIP: prlimit is not there, or has no right to';
    await until(fault.forMs, () => part.pid !== pid || undefined);
    // One that found all it needed in what it had is killed as the kernel's killer would.
    if (part.pid === pid) await part.end('SIGKILL');
    return 'done';
  },
};

/** Undefined: it was not there in time. */
async function until<T>(
  ms: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  const endMs = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > endMs) return answer;
    await sleep(LOOK_MS);
  }
}

async function placementsOf(pool: ChaosPool, fault: Fault): Promise<Placement[] | undefined> {
  const texts = await pool.redis.client.hvals(names.placements(cardOf(fault)));
  return texts.length === 0 ? undefined : texts.map((text) => JSON.parse(text) as Placement);
}

async function again(pool: ChaosPool, fault: Fault, placed: readonly Placement[]): Promise<void> {
  const card = cardOf(fault);
  const incarnation = await pool.redis.client.hget(names.card(card), 'incarnation');
  if (incarnation === null) return;
  for (const placement of placed)
    await pool.redis.client.xadd(names.inbox(card, incarnation), '*', 'p', JSON.stringify(placement));
}

function damaged(text: string, how: number): string {
  if (how < 0.3) return text.slice(0, Math.floor(text.length * how));
  if (how < 0.6) return `\u0000${text.slice(1)}`;
  // A token that became another: only a checksum tells.
  const json = JSON.parse(text) as { sampled: number[] };
  const at = Math.floor(how * json.sampled.length);
  const sampled = json.sampled.map((token, index) => (index === at ? token + 1 : token));
  return JSON.stringify({ ...json, sampled });
}

function cellsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.cells'));
  } catch {
    return [];
  }
}

function scratch(path: string, how: number): boolean {
  try {
    const { size } = statSync(path);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.from('scratched'), 0, 9, Math.floor(size * (0.2 + 0.7 * how)));
    closeSync(file);
    return size > 0;
  } catch {
    return false;
  }
}

function fill(path: string): void {
  const chunk = Buffer.alloc(64 * 1024);
  try {
    for (;;) writeFileSync(path, chunk, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
