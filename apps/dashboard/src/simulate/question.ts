/** Ways to serve a trace's jobs: the simulator's policies, on the texts as they are or with every token kept. */
export const WAYS = [
  { id: 'gistpool', name: 'gistpool', policy: 'gistpool' },
  { id: 'known-peak', name: 'Slots of the known peak', policy: 'known-peak' },
  { id: 'reserve-max', name: 'Reserve the maximum', policy: 'reserve-max' },
  { id: 'vanilla', name: 'Every token kept, in pages', policy: 'aggressive-paged', isVanilla: true },
  {
    id: 'vanilla-slots',
    name: 'Every token kept, known slots',
    policy: 'known-peak',
    isVanilla: true,
  },
  { id: 'promotion', name: 'Slots with promotion', policy: 'promotion' },
  { id: 'past-future', name: 'Past-Future, told peaks', policy: 'past-future-peaks' },
  { id: 'oracle', name: 'Oracle: every course known', policy: 'oracle' },
] as const;
export type Way = (typeof WAYS)[number];
export type WayId = Way['id'];

export const DEFAULT_WAYS: readonly WayId[] = ['gistpool', 'known-peak', 'reserve-max', 'vanilla'];

/** Steps of the sliders. */
export const STEPS = {
  cards: [1, 2, 3, 4, 6, 8, 12, 16],
  kvMib: [
    1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
    6144, 8192, 12_288, 16_384, 24_576, 32_768, 49_152, 65_536,
  ],
  eps: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
  jobs: [50, 100, 200, 300, 500, 1000, 2000, 5000],
  /** Jobs per second; 0: all are there from the begin. */
  arrivals: [0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
} as const;
export type Slider = keyof typeof STEPS;

/** `own:MODEL`, or the name of a made trace. */
export const OWN = 'own:';
export const MADE = [
  { id: 'gsm8k/qwen2.5-7b', name: 'GSM8K: 20 thoughts, 7B' },
  { id: 'mmlu/qwen2.5-7b', name: 'MMLU: 37 thoughts, 7B' },
  { id: 'bbh/qwen2.5-7b', name: 'BBH: 48 thoughts, 7B' },
  { id: 'gpqa/qwen2.5-7b', name: 'GPQA: 115 thoughts, 7B' },
  { id: 'gsm8k/llama3.1-8b', name: 'GSM8K, Llama 8B' },
  { id: 'gpqa/llama3.1-8b', name: 'GPQA, Llama 8B' },
  { id: 'bimodal', name: 'Short and very long mixed' },
  { id: 'drift', name: 'Jobs that become longer' },
  { id: 'all-wide', name: 'Only very long ones' },
] as const;

export interface Question {
  readonly trace: string;
  readonly cards: number;
  readonly kvMib: number;
  readonly eps: number;
  readonly jobs: number;
  readonly arrivals: number;
  readonly ways: readonly WayId[];
}

export const DEFAULT: Question = {
  trace: 'gsm8k/qwen2.5-7b',
  cards: 2,
  kvMib: 4096,
  eps: 0.01,
  jobs: 500,
  arrivals: 0,
  ways: DEFAULT_WAYS,
};

const SLIDERS = Object.keys(STEPS) as Slider[];

/** What an address asks; what it does not say, or says wrongly, is as usual. */
export function questionOf(address: URLSearchParams): Question {
  const trace = address.get('trace') ?? '';
  const isKnown = trace.startsWith(OWN) || MADE.some(({ id }) => id === trace);
  const sliders = SLIDERS.map((name) => {
    const value = address.has(name) ? Number(address.get(name)) : Number.NaN;
    return [name, Number.isFinite(value) ? nearest(STEPS[name], value) : DEFAULT[name]];
  });
  const ways = address.get('ways')?.split(',') ?? [];
  const known = WAYS.map(({ id }) => id).filter((id) => ways.includes(id));
  return {
    ...(Object.fromEntries(sliders) as Record<Slider, number>),
    trace: isKnown ? trace : DEFAULT.trace,
    ways: known.length === 0 ? DEFAULT_WAYS : known,
  };
}

/** The other way round: says only what is not as usual. */
export function addressOf(question: Question): URLSearchParams {
  const address = new URLSearchParams();
  if (question.trace !== DEFAULT.trace) address.set('trace', question.trace);
  for (const name of SLIDERS) if (question[name] !== DEFAULT[name]) address.set(name, String(question[name]));
  if (question.ways.join() !== DEFAULT_WAYS.join()) address.set('ways', question.ways.join());
  return address;
}

/** Of the steps the one that is nearest by ratio. */
export function nearest(steps: readonly number[], value: number): number {
  const away = (step: number) => Math.abs(Math.log((step + 1e-9) / (value + 1e-9)));
  return steps.reduce((best, step) => (away(step) < away(best) ? step : best));
}
