import { type LoopSpeed, loopSpeed, loopTokensOf } from './own-loop';
import { isDisturbed, type Patience } from './patience';
import { type Load, peerSpeed } from './peer';
import { publicApiSpeed } from './public-api';
import { meanSpeed, type Speed } from './speed';
import { median } from './statistics';

/**
 * Medians over runs. `peer`, `loop`, `compressing` and `public_api` are tokens per second; `..._over_peer` is the ratio to
 * the mean of the two runs of the peer right before and after, `..._per_cpu_over_peer` the same by CPU time, which does
 * not count what other programs took.
 */
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
  readonly loop_per_cpu_over_peer: number;
  readonly compressing_per_cpu_over_peer: number;
  /** Share of the loop's time that waits for samples; the peer draws none. */
  readonly sampling_share: number;
  readonly compressions: number;
  readonly runs: number;
  /** Measurements of this row, and those of them during which other programs used the machine to the end. */
  readonly measurements: number;
  readonly disturbed: number;
}

/**
 * All contestants, the loop with and without compressions too, read the same file: at one session a step does little but
 * read weights, and what two files differ in (where they lie in memory, say) must not pass for what contestants do.
 */
export interface BenchPlan extends Load {
  readonly name: string;
  readonly peerBinary: string;
  readonly runs: number;
  readonly withPublicApi: boolean;
}

/** A contestant with what the peer did around it. */
interface Compared<Measured extends Speed = Speed> {
  readonly own: Measured;
  readonly peer: Speed;
}

interface Run {
  readonly loop: Compared<LoopSpeed>;
  readonly compressing: Compared<LoopSpeed>;
  readonly publicApi: Compared | undefined;
}

/** Peer, loop, peer, compressing loop, peer and so on: what the machine does meanwhile hits all of them. */
export async function benchEngine(
  plan: BenchPlan,
  patience: Patience,
  say: (line: string) => void,
): Promise<BenchRow> {
  const { name, runs: count } = plan;
  const tokens = await loopTokensOf(plan.modelPath);
  const measured: Speed[] = [];
  const measure = async <Measured extends Speed>(how: () => Promise<Measured>): Promise<Measured> => {
    const speed = await patience.undisturbed(how);
    measured.push(speed);
    return speed;
  };
  const peer = () => measure(() => peerSpeed(plan.peerBinary, plan));
  let latestPeer = await peer();
  const compare = async <Measured extends Speed>(
    how: () => Promise<Measured>,
  ): Promise<Compared<Measured>> => {
    const before = latestPeer;
    const own = await measure(how);
    latestPeer = await peer();
    return { own, peer: meanSpeed(before, latestPeer) };
  };

  const runs: Run[] = [];
  for (let number = 1; number <= count; number++) {
    const run: Run = {
      loop: await compare(() => loopSpeed(plan, tokens, false)),
      compressing: await compare(() => loopSpeed(plan, tokens, true)),
      publicApi: plan.withPublicApi ? await compare(() => publicApiSpeed(plan)) : undefined,
    };
    runs.push(run);
    say(
      `${name}, ${String(plan.sessions)} sessions, run ${String(number)}/${String(count)}: ${described(run)}\n`,
    );
  }
  return {
    ...rowOf(plan, runs),
    measurements: measured.length,
    disturbed: measured.filter(isDisturbed).length,
  };
}

function rowOf(plan: BenchPlan, runs: readonly Run[]): Omit<BenchRow, 'measurements' | 'disturbed'> {
  const middle = (of: (run: Run) => number) => Number(median(runs.map(of)).toFixed(3));
  return {
    model: plan.name,
    sessions: plan.sessions,
    peer: middle(({ loop }) => loop.peer.tokensPerSecond),
    loop: middle(({ loop }) => loop.own.tokensPerSecond),
    compressing: middle(({ compressing }) => compressing.own.tokensPerSecond),
    ...(plan.withPublicApi
      ? {
          public_api: middle(({ publicApi }) => publicApi?.own.tokensPerSecond ?? Number.NaN),
          loop_over_public_api: middle(
            ({ loop, publicApi }) =>
              loop.own.tokensPerSecond / (publicApi?.own.tokensPerSecond ?? Number.NaN),
          ),
        }
      : {}),
    loop_over_peer: middle(({ loop }) => speedRatio(loop)),
    compressing_over_peer: middle(({ compressing }) => speedRatio(compressing)),
    loop_per_cpu_over_peer: middle(({ loop }) => cpuRatio(loop)),
    compressing_per_cpu_over_peer: middle(({ compressing }) => cpuRatio(compressing)),
    sampling_share: middle(({ loop }) => loop.own.samplingShare),
    compressions: middle(({ compressing }) => compressing.own.compressions),
    runs: runs.length,
  };
}

const speedRatio = ({ own, peer }: Compared): number => own.tokensPerSecond / peer.tokensPerSecond;
const cpuRatio = ({ own, peer }: Compared): number => peer.cpuMsPerToken / own.cpuMsPerToken;

function described({ loop, compressing, publicApi }: Run): string {
  const against = (name: string, compared: Compared) =>
    `${name} ${compared.own.tokensPerSecond.toFixed(0)} (${speedRatio(compared).toFixed(2)} of the peer, ` +
    `${cpuRatio(compared).toFixed(2)} by CPU time, others ${compared.own.othersCores.toFixed(1)} cores)`;
  return [
    `llama-batched-bench ${loop.peer.tokensPerSecond.toFixed(0)} (others ${loop.peer.othersCores.toFixed(1)} cores)`,
    against('loop', loop),
    against('compressing', compressing),
    ...(publicApi === undefined ? [] : [`public api ${publicApi.own.tokensPerSecond.toFixed(0)} tokens/s`]),
  ].join(', ');
}
