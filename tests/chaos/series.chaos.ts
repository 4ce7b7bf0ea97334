import { writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { ChaosRuns, type ChaosReport } from './chaos-runs';
import { faultPlan, type Topology } from './fault-plan';
import { summaryOf } from './summary';

const MINUTE_MS = 60_000;
const count = Number(process.env['GISTPOOL_CHAOS_RUNS'] ?? 20);
const first = Number(process.env['GISTPOOL_CHAOS_SEED'] ?? 0);
const reportPath = process.env['GISTPOOL_CHAOS_REPORT'];

const plans = Array.from({ length: count }, (_, at) => faultPlan(first + at));
// One pool after the other: those of one kind share theirs.
const inOrder = (['single', 'sentinel'] as const).flatMap((kind) =>
  plans.filter(({ topology }) => topology === kind),
);

const reports: ChaosReport[] = [];
let runs: ChaosRuns | undefined;
let standing: Topology | undefined;

async function runsOn(topology: Topology): Promise<ChaosRuns> {
  if (runs !== undefined && standing === topology) return runs;
  await runs?.pool.remove();
  runs = undefined;
  runs = await ChaosRuns.start(topology);
  standing = topology;
  return runs;
}

afterAll(async () => {
  await runs?.pool.remove();
  if (reportPath !== undefined) writeFileSync(reportPath, JSON.stringify(summaryOf(reports)));
}, MINUTE_MS);

for (const plan of inOrder) {
  const faults = plan.faults.map(({ kind, target }) => `${kind} ${target}`).join(', ');
  it(
    `seed ${plan.seed}: ${faults}`,
    async () => {
      const report = await (await runsOn(plan.topology)).run(plan);
      reports.push(report);
      // As it goes: a series takes long.
      process.stderr.write(`${JSON.stringify(report)}\n`);
      if (report.complaints.length > 0) {
        // A pool that broke a promise may be broken itself: the next seed gets another.
        await runs?.pool.remove();
        runs = undefined;
      }
      expect(report.complaints).toEqual([]);
    },
    12 * MINUTE_MS,
  );
}
