import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenId } from '@gistpool/core';

/** A session's cache in a file, with what must be known to go on from it in this process or another. */
export interface SavedSession {
  readonly version: 1;
  readonly jobId: string;
  /** Of model, cache type and engine: under another the cells mean something else. */
  readonly fingerprint: string;
  /** The engine loads it only into a context with as many. */
  readonly pools: number;
  readonly promptHash: string;
  /** From here sampling goes on as it would have; the cells may reach further. */
  readonly sampled: readonly TokenId[];
  readonly lastPosition: number;
  readonly cells: number;
  readonly bytes: number;
  readonly path: string;
}

export type NewSaved = Omit<SavedSession, 'version' | 'fingerprint' | 'bytes' | 'path'>;

const CELLS = '.cells';
const MANIFEST = '.json';
/** Nobody has come back for it in so long. */
const FORGOTTEN_AFTER_MS = 24 * 3600 * 1000;

/**
 * Caches of parked sessions, under a quota. A file counts only with its manifest, which is written after it and goes
 * before it, so a killed worker leaves whole ones or strays, which the next start sweeps up. What an earlier process left
 * stays until its job comes back, or until the room is needed.
 */
export class ParkFolder {
  /** By job, oldest first. */
  private readonly files = new Map<string, SavedSession>();
  private readonly own = new Set<string>();

  private constructor(
    private readonly folder: string,
    private readonly quotaBytes: number,
    private readonly fingerprint: string,
  ) {}

  static async open(folder: string, quotaBytes: number, fingerprint: string): Promise<ParkFolder> {
    await mkdir(folder, { recursive: true });
    const park = new ParkFolder(folder, quotaBytes, fingerprint);
    await park.readWhatIsThere();
    return park;
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.files.values()) sum += bytes;
    return sum;
  }

  get count(): number {
    return this.files.size;
  }

  pathOf(jobId: string): string {
    return join(this.folder, `${jobId.replace(/[^\w.-]/g, '_')}${CELLS}`);
  }

  /** Throws away what earlier processes left, oldest first, if that makes room. */
  async makesRoomFor(bytes: number): Promise<boolean> {
    if (bytes > this.quotaBytes) return false;
    for (const jobId of [...this.files.keys()]) {
      if (this.bytes + bytes <= this.quotaBytes) break;
      if (!this.own.has(jobId)) await this.drop(jobId);
    }
    return this.bytes + bytes <= this.quotaBytes;
  }

  /** The cells lie in `pathOf(jobId)`. */
  async keep(saved: NewSaved): Promise<SavedSession> {
    const path = this.pathOf(saved.jobId);
    const { size: bytes } = await stat(path);
    const whole: SavedSession = { ...saved, version: 1, fingerprint: this.fingerprint, bytes, path };
    const manifest = manifestOf(path);
    await writeFile(`${manifest}.draft`, JSON.stringify(whole));
    await rename(`${manifest}.draft`, manifest);
    this.files.delete(saved.jobId);
    this.files.set(saved.jobId, whole);
    this.own.add(saved.jobId);
    return whole;
  }

  find(jobId: string): SavedSession | undefined {
    return this.files.get(jobId);
  }

  async drop(jobId: string): Promise<void> {
    this.files.delete(jobId);
    this.own.delete(jobId);
    const path = this.pathOf(jobId);
    await rm(manifestOf(path), { force: true });
    await rm(path, { force: true });
  }

  /** A file without a manifest: of a session on its way from one slot to another. */
  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  private async readWhatIsThere(): Promise<void> {
    const names = new Set(await readdir(this.folder));
    const found: { readonly saved: SavedSession; readonly atMs: number }[] = [];
    for (const name of names) {
      if (!name.endsWith(MANIFEST)) continue;
      const path = join(this.folder, name.slice(0, -MANIFEST.length) + CELLS);
      const saved = await readManifest(join(this.folder, name), path);
      const { mtimeMs: atMs } = await stat(join(this.folder, name));
      if (saved?.fingerprint !== this.fingerprint || Date.now() - atMs > FORGOTTEN_AFTER_MS) continue;
      found.push({ saved: { ...saved, path }, atMs });
    }
    found.sort((a, b) => a.atMs - b.atMs);
    for (const { saved } of found) this.files.set(saved.jobId, saved);
    const kept = new Set(found.flatMap(({ saved }) => [saved.path, manifestOf(saved.path)]));
    for (const name of names) {
      const path = join(this.folder, name);
      if (isOurs(name) && !kept.has(path)) await rm(path, { force: true });
    }
  }
}

const manifestOf = (path: string): string => path.slice(0, -CELLS.length) + MANIFEST;
const isOurs = (name: string): boolean => /\.(cells|json|json\.draft)$/.test(name);

/** Undefined where the file is not as long as its manifest says. */
async function readManifest(manifest: string, path: string): Promise<SavedSession | undefined> {
  try {
    const saved = JSON.parse(await readFile(manifest, 'utf8')) as SavedSession;
    const { size } = await stat(path);
    return (saved.version as number) === 1 && saved.bytes === size ? saved : undefined;
  } catch {
    return undefined;
  }
}

const SAMPLES = 16;
const SAMPLE_BYTES = 64 * 1024;

/** Of a model file, by its size and samples from all over it, and of whatever else shapes the cells. */
export async function fingerprintOf(modelPath: string, shape: readonly unknown[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(shape));
  const file = await open(modelPath);
  try {
    const { size } = await file.stat();
    hash.update(String(size));
    const block = Buffer.alloc(SAMPLE_BYTES);
    for (let at = 0; at < SAMPLES; at++) {
      const start = Math.floor((at * Math.max(0, size - SAMPLE_BYTES)) / (SAMPLES - 1));
      const { bytesRead } = await file.read(block, 0, SAMPLE_BYTES, start);
      hash.update(block.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex').slice(0, 32);
}

export const promptHashOf = (prompt: readonly TokenId[]): string =>
  createHash('sha256').update(Uint32Array.from(prompt)).digest('hex').slice(0, 16);
