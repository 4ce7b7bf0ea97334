import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal, type JobRequestInput } from '@gistpool/contracts';
import { eventually } from '../support/conditions';
import { catalogue } from './catalogue';
import { ChaosPool } from './chaos-pool';
import type { FaultKind, FaultPlan, Topology } from './fault-plan';
import { INFLICT, type Injury } from './injuries';
import { complaintsOfJob, countedJobs, leftovers } from './invariants';

export interface ChaosReport {
  readonly seed: number;
  readonly topology: Topology;
  readonly jobs: number;
  readonly injuries: readonly {
    readonly kind: FaultKind;
    readonly target: string;
    readonly injury: Injury;
  }[];
  readonly seconds: number;
  /** Empty: every promise was kept. */
  readonly complaints: readonly string[];
}

const ENDED_WITHIN_MS = 150_000;
const CALM_WITHIN_MS = 40_000;
const SUBMIT_EVERY_MS = 120;

/** Runs on one pool, one after another; each on a pool that is whole again. */
export class ChaosRuns {
  private readonly known = new Set<string>();

  private constructor(
    readonly pool: ChaosPool,
    private readonly jobs: readonly JobRequestInput[],
    private readonly texts: readonly string[],
  ) {}

  /** With what each job of the catalogue says where nothing goes wrong. */
  static async start(topology: Topology): Promise<ChaosRuns> {
    const jobs = await catalogue();
    const pool = await ChaosPool.start(topology);
    try {
      const ids = await Promise.all(jobs.map((job, at) => pool.submit(job, `undisturbed-${at}`)));
      await untilEnded(pool, ids);
      const ended = await Promise.all(ids.map((id) => pool.job(id)));
      const texts = ended.map(({ result, state }) => {
        if (result === undefined) throw new Error(`a job is ${state} in the run without faults`);
        return result.text;
      });
      const runs = new ChaosRuns(pool, jobs, texts);
      for (const id of ids) runs.known.add(id);
      return runs;
    } catch (error) {
      await pool.remove();
      throw error;
    }
  }

  async run(plan: FaultPlan): Promise<ChaosReport> {
    const { pool } = this;
    const startedAtMs = performance.now();
    await pool.isWhole();
    const countedBefore = await countedJobs(pool.redis.client);
    const ids: string[] = [];
    const complaints: string[] = [];
    const injuries = Promise.all(
      plan.faults.map(async (fault) => {
        await sleep(fault.atMs);
        const injury = await INFLICT[fault.kind](pool, fault).catch((error: unknown): Injury => {
          complaints.push(`${fault.kind} of ${fault.target}: ${String(error)}`);
          return 'done';
        });
        return { kind: fault.kind, target: fault.target, injury };
      }),
    );
    const submitting = Promise.all(
      plan.jobs.map(async (job, at) => {
        await sleep(at * SUBMIT_EVERY_MS);
        const id = await pool.submit(this.jobs[job] ?? {}, `${plan.seed}-${startedAtMs}-${job}`);
        ids[at] = id;
        this.known.add(id);
      }),
    );
    const [done] = await Promise.all([injuries, submitting]);
    try {
      await untilEnded(pool, ids);
      for (const [at, id] of ids.entries())
        complaints.push(...(await complaintsOfJob(pool, id, this.texts[plan.jobs[at] ?? 0] ?? '')));
      if (new Set(ids).size !== ids.length) complaints.push('two requests got one job');
      complaints.push(...(await this.calm()));
      const counted = (await countedJobs(pool.redis.client)) - countedBefore;
      if (counted !== ids.length) complaints.push(`${ids.length} jobs were counted as ${counted}`);
    } catch (error) {
      complaints.push(String(error));
    }
    complaints.push(...pool.surprises());
    return {
      seed: plan.seed,
      topology: plan.topology,
      jobs: ids.length,
      injuries: done,
      seconds: Math.round(performance.now() - startedAtMs) / 1000,
      complaints,
    };
  }

  /** What is still left when nothing more goes. */
  private async calm(): Promise<string[]> {
    let left: string[] = [];
    await eventually(
      'nothing is left',
      async () => (left = await leftovers(this.pool, this.known)).length === 0,
      CALM_WITHIN_MS,
    ).catch(() => undefined);
    return left;
  }
}

const untilEnded = (pool: ChaosPool, ids: readonly string[]): Promise<true> =>
  eventually(
    'every job ends',
    async () => {
      for (const id of ids) if (!isTerminal((await pool.job(id)).state)) return undefined;
      return true as const;
    },
    ENDED_WITHIN_MS,
  );
