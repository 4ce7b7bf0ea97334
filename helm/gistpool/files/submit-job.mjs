// `helm test`: one job from its submit to its result. Everything it says is one line of JSON.
const {
  GISTPOOL_URL: url,
  MODEL: model,
  TIMEOUT_SECONDS: timeoutSeconds,
  GISTPOOL_API_KEY: key,
} = process.env;
const POLL_MS = 1000;
const deadlineMs = Date.now() + Number(timeoutSeconds) * 1000;
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** The answer once it is there; until then why it is not. A pool from zero has no card of the model at first. */
async function ask(path, init = {}) {
  let why = 'nothing was tried';
  while (Date.now() < deadlineMs) {
    const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
    const answer = await fetch(url + path, { ...init, headers }).catch((error) => error);
    if (answer.ok) return await answer.json();
    why =
      answer instanceof Error ? String(answer.cause ?? answer) : `${answer.status} ${await answer.text()}`;
    if (answer.status === 401 || answer.status === 403) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  say({ passed: false, asked: path, why });
  process.exit(1);
}

const body = { ...(model && { model }), prompt: 'What is 2 + 2?', limits: { max_tokens: 64 } };
const { id } = await ask('/v1/jobs', {
  method: 'POST',
  body: JSON.stringify({ ...body, metadata: { source: 'helm test' } }),
});
for (;;) {
  const job = await ask(`/v1/jobs/${id}`);
  if (job.state === 'completed') {
    say({ passed: true, job: id, model: job.model, generated_tokens: job.usage?.generated_tokens });
    break;
  }
  if (job.state === 'failed' || job.state === 'cancelled' || Date.now() > deadlineMs) {
    say({ passed: false, job: id, state: job.state, error: job.error });
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
