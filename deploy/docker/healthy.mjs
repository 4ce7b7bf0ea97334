// HEALTHCHECK: whether this container's process answers, whichever it is.
import process from 'node:process';

const { GISTPOOL_PORT: port = '7410', GISTPOOL_METRICS_PORT: metricsPort = '9464' } = process.env;
const answers = (url) =>
  fetch(url, { signal: AbortSignal.timeout(4000) }).then(
    ({ ok }) => ok,
    () => false,
  );
const urls = [`http://127.0.0.1:${port}/healthz`, `http://127.0.0.1:${metricsPort}/livez`];
process.exit((await Promise.all(urls.map(answers))).includes(true) ? 0 : 1);
