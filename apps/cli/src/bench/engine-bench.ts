import { readGgufFileInfo } from 'node-llama-cpp';
import { loopTokensPerSecond } from './own-loop';
import { peerTokensPerSecond, type PeerLoad } from './peer';
import { publicApiTokensPerSecond } from './public-api';
import type { BenchModels } from './bench-models';
import { median } from './statistics';

/** Tokens per second, and the median over runs of each run's ratio to what ran next to it. */
export interface BenchRow {
  readonly model: string;
  readonly sessions: number;
  readonly peer: number;
  readonly loop: number;
  readonly compressing: number;
  readonly public_api?: number;
  readonly loop_over_peer: number;
  readonly compressing_over_peer: number;
  readonly loop_over_public_api?: number;
  readonly compressions: number;
  readonly runs: number;
}

export interface BenchPlan {
  readonly name: string;
  readonly models: BenchModels;
  readonly peerBinary: string;
  readonly sessions: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly threads: number;
  readonly runs: number;
  readonly withPublicApi: boolean;
}

/** Runs peer, loop and compressing loop in turn, so that a busy minute of the machine hits all of them. */
export async function benchEngine(plan: BenchPlan, say: (line: string) => void): Promise<BenchRow> {
  const endToken = await endTokenOf(plan.models.plain);
  const load: PeerLoad & { endToken: number } = {
    modelPath: plan.models.plain,
    sessions: plan.sessions,
    promptTokens: plan.promptTokens,
    tokens: plan.tokens,
    threads: plan.threads,
    endToken,
  };
  const runs: { peer: number; loop: number; compressing: number; publicApi: number; compressions: number }[] =
    [];
  for (let run = 0; run < plan.runs; run++) {
    const peer = await peerTokensPerSecond(plan.peerBinary, load);
    const loop = await loopTokensPerSecond(load);
    const compressing = await loopTokensPerSecond({ ...load, modelPath: plan.models.compressing });
    const publicApi = plan.withPublicApi ? await publicApiTokensPerSecond(load) : Number.NaN;
    const { compressions } = compressing;
    runs.push({
      peer,
      loop: loop.tokensPerSecond,
      compressing: compressing.tokensPerSecond,
      publicApi,
      compressions,
    });
    say(
      `${plan.name}, ${plan.sessions} sessions, run ${run + 1}/${plan.runs}: llama-batched-bench ${peer.toFixed(0)}, ` +
        `loop ${loop.tokensPerSecond.toFixed(0)}, compressing ${compressing.tokensPerSecond.toFixed(0)}` +
        `${plan.withPublicApi ? `, public api ${publicApi.toFixed(0)}` : ''} tokens/s\n`,
    );
  }
  const middle = (of: (run: (typeof runs)[number]) => number) => Number(median(runs.map(of)).toFixed(3));
  return {
    model: plan.name,
    sessions: plan.sessions,
    peer: middle((run) => run.peer),
    loop: middle((run) => run.loop),
    compressing: middle((run) => run.compressing),
    loop_over_peer: middle((run) => run.loop / run.peer),
    compressing_over_peer: middle((run) => run.compressing / run.peer),
    ...(plan.withPublicApi
      ? {
          public_api: middle((run) => run.publicApi),
          loop_over_public_api: middle((run) => run.loop / run.publicApi),
        }
      : {}),
    compressions: middle((run) => run.compressions),
    runs: plan.runs,
  };
}

async function endTokenOf(modelPath: string): Promise<number> {
  const info = await readGgufFileInfo(modelPath, { readTensorInfo: false, logWarnings: false });
  return info.metadata.tokenizer.ggml.eos_token_id ?? 0;
}
