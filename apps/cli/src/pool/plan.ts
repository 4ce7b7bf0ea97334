import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CliError, EXIT } from '../exit';
import { ROOT } from '../root';

/** What `gistpool up` runs. */
export interface PoolPlan {
  readonly dataDir: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly host: string;
  /** Also where only this machine reaches the api. */
  readonly requiresKey: boolean;
  readonly cards: readonly CardPlan[];
  /** Settings of the scheduler; what is left out is as the environment has it. */
  readonly scheduling: Readonly<Record<string, string>>;
  readonly logLevel: string;
  /** Settings of every process, beside what the environment has. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface CardPlan {
  readonly name: string;
  readonly modelPath: string;
  /** Settings of the worker beyond its card and model. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Options as the user gave them. */
export interface PoolOptions {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly model: readonly string[];
  readonly device?: string;
  readonly lanes?: string;
  readonly poolSessions?: number;
  readonly kvBudgetMib?: number;
  readonly kvType?: string;
  readonly threads?: number;
  readonly admission?: 'predicted' | 'bound';
  readonly eps?: number;
  readonly requireKey?: true;
  readonly logLevel: string;
}

const BUNDLED = ['gistpool-nano-qwen2.gguf', 'gistpool-nano-qwen2-vanilla.gguf'];

export function planPool(options: PoolOptions): PoolPlan {
  const isBundled = options.model.length === 0;
  // The bundled models are so small that a GPU would only wait for its own launches.
  const device = options.device ?? (isBundled ? 'cpu' : 'auto');
  const settings = {
    GISTPOOL_DEVICE: device,
    ...(options.lanes !== undefined && { GISTPOOL_LANES: options.lanes }),
    ...(options.poolSessions !== undefined && { GISTPOOL_POOL_SESSIONS: String(options.poolSessions) }),
    ...(options.kvBudgetMib !== undefined && { GISTPOOL_KV_BUDGET_MIB: String(options.kvBudgetMib) }),
    ...(options.kvType !== undefined && { GISTPOOL_KV_TYPE: options.kvType }),
    ...(options.threads !== undefined && { GISTPOOL_THREADS: String(options.threads) }),
    ...(options.admission !== undefined && { GISTPOOL_ADMISSION: options.admission }),
  };
  const paths = isBundled ? bundledModels() : options.model.map((path) => resolve(path));
  assertNamesDiffer(paths);
  return {
    dataDir: resolve(options.dataDir),
    port: options.port,
    host: options.host,
    requiresKey: options.requireKey ?? false,
    logLevel: options.logLevel,
    scheduling: {
      ...(options.admission !== undefined && { GISTPOOL_ADMISSION: options.admission }),
      ...(options.eps !== undefined && { GISTPOOL_EPS: String(options.eps) }),
    },
    cards: paths.map((modelPath, index) => ({
      name: `${device === 'cpu' ? 'cpu' : 'card'}-${index}`,
      modelPath,
      settings,
    })),
  };
}

function bundledModels(): string[] {
  const paths = BUNDLED.map((file) => join(ROOT, 'models', file)).filter((path) => existsSync(path));
  if (paths.length > 0) return paths;
  throw new CliError(`no model in ${join(ROOT, 'models')}; name one with --model PATH`, EXIT.modelRefused);
}

/** The same file twice is two cards of one model; two files of one name would be two models of one name. */
function assertNamesDiffer(paths: readonly string[]): void {
  const pathOf = new Map<string, string>();
  for (const path of paths) {
    const other = pathOf.get(basename(path));
    if (other !== undefined && other !== path) {
      throw new CliError(
        `${other} and ${path} would both be the model ${basename(path, '.gguf')}; rename one`,
        EXIT.usage,
      );
    }
    pathOf.set(basename(path), path);
  }
}
