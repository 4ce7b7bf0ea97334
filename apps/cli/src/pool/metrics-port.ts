/** The parts of one machine cannot share a port: the scheduler gets GISTPOOL_METRICS_PORT, the workers the next ones. */
export function metricsPortEnv(part: number, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const first = Number(env['GISTPOOL_METRICS_PORT']);
  // 0 = each takes any free one; what is no number is the part's own to refuse.
  if (!Number.isInteger(first) || first <= 0) return {};
  return { GISTPOOL_METRICS_PORT: String(first + part) };
}
