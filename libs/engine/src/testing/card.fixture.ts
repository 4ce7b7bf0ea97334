import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { LaneCard } from '../card';
import { openLaneCard } from '../open-card';
import type { CardOptions, SessionReport, SessionRequest } from '../types';
import { type RandomModelOptions, writeRandomModel } from './random-model';

/** A folder that goes with the test file, and the cards opened in it. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'gistpool-engine-'));
  private readonly cards: LaneCard[] = [];

  model(name: string, options: Partial<RandomModelOptions> = {}): string {
    const path = join(this.folder, `${name}.gguf`);
    writeRandomModel(path, {
      layers: 2,
      width: 64,
      heads: 4,
      kvHeads: 2,
      ffn: 128,
      vocab: 512,
      dtype: 'f32',
      seed: 7,
      ...options,
    });
    return path;
  }

  card(modelPath: string, options: Partial<CardOptions> = {}): Promise<LaneCard> {
    const park = { folder: join(this.folder, `parked-${String(this.cards.length)}`), quotaBytes: 2 ** 26 };
    return this.open({ ...DEFAULTS, modelPath, park, ...options });
  }

  /** Without the lanes of the defaults. */
  async open(options: CardOptions): Promise<LaneCard> {
    const opened = await openLaneCard(options);
    if (!opened.ok) throw new Error(`${opened.refused.path}: ${opened.refused.reason}`);
    this.cards.push(opened.card);
    return opened.card;
  }

  /** For afterEach: nothing is lost or left over in any card. */
  expectSoundCards(): void {
    for (const card of this.cards) expect(card.check()).toEqual([]);
  }

  async close(): Promise<void> {
    for (const card of this.cards) await card.dispose();
    rmSync(this.folder, { recursive: true });
  }
}

export const DEFAULTS = {
  modelName: 'test',
  device: 'cpu',
  threads: 1,
  kvType: 'f32',
  flashAttention: false,
  prefillChunk: 64,
  lanes: [{ slots: 4, cells: 512 }],
} as const satisfies Partial<CardOptions>;

type RequestInput = Partial<Omit<SessionRequest, 'sampling'>> & {
  sampling?: Partial<SessionRequest['sampling']>;
  prompt?: string;
};

export function request(jobId: string, input: RequestInput = {}): SessionRequest {
  const { sampling, prompt, ...rest } = input;
  return {
    jobId,
    lane: 0,
    messages: [{ role: 'user', content: prompt ?? `question of ${jobId}` }],
    limits: { max_tokens: 200, max_thoughts: 20, max_thought_tokens: 24 },
    reservedCells: 256,
    ...rest,
    sampling: {
      temperature: 0,
      top_k: 0,
      top_p: 1,
      min_p: 0,
      seed: 1,
      repeat_penalty: 1,
      stop: [],
      // A random model would end at a random place.
      logit_bias: ENDLESS,
      ...sampling,
    },
  };
}

const END_TOKENS = [256, 258];
/** Keeps a random model from ending by itself. */
export const ENDLESS: Readonly<Record<string, number>> = Object.fromEntries(
  END_TOKENS.map((token) => [String(token), -100]),
);

export interface Outcome {
  readonly text: string;
  readonly finish: Extract<SessionReport, { kind: 'finish' }> | undefined;
  readonly reports: readonly SessionReport[];
}

/** Steps until no session is left; `between` runs after each step. */
export async function runAll(
  card: LaneCard,
  between?: (step: number, reports: SessionReport[]) => void,
): Promise<Map<string, Outcome>> {
  const reports: SessionReport[] = [];
  for (let step = 0; card.sessions() > 0; step++) {
    const news = await card.step();
    reports.push(...news);
    between?.(step, news);
  }
  return outcomes(reports);
}

export function outcomes(reports: readonly SessionReport[]): Map<string, Outcome> {
  const byJob = new Map<string, SessionReport[]>();
  for (const report of reports) byJob.set(report.jobId, [...(byJob.get(report.jobId) ?? []), report]);
  return new Map(
    [...byJob].map(([jobId, own]) => [
      jobId,
      {
        reports: own,
        text: own.map((report) => (report.kind === 'text' ? report.text : '')).join(''),
        finish: own.find((report) => report.kind === 'finish'),
      },
    ]),
  );
}

export async function runAlone(card: LaneCard, one: SessionRequest): Promise<Outcome> {
  expect(card.admit(one)).toBeUndefined();
  const outcome = (await runAll(card)).get(one.jobId);
  if (outcome === undefined) throw new Error(`job ${one.jobId} reported nothing`);
  return outcome;
}
