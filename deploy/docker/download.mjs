// Fetches a model to MODEL_FILE unless it is there, and keeps it only if its SHA-256 is MODEL_SHA256.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const { MODEL_URL: url, MODEL_FILE: file, MODEL_SHA256: wanted } = process.env;
const say = (words) => process.stderr.write(`${words}\n`);
const stop = (words) => {
  say(words);
  process.exit(1);
};
if (!url || !file || !/^[0-9a-f]{64}$/.test(wanted ?? ''))
  stop('MODEL_URL, MODEL_FILE and MODEL_SHA256 (in hex) must be set');

async function sha256(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

if (existsSync(file) && (await sha256(file)) === wanted) {
  say(`${file} is there and is the right one`);
  process.exit(0);
}
const answer = await fetch(url).catch((error) => stop(`${url}: ${error.cause ?? error}`));
if (!answer.ok || answer.body === null) stop(`${url}: ${answer.status}`);
const draft = `${file}.part`;
await mkdir(dirname(file), { recursive: true });
const hash = createHash('sha256');
const hashed = new Transform({
  transform(chunk, _encoding, done) {
    hash.update(chunk);
    done(null, chunk);
  },
});
await pipeline(Readable.fromWeb(answer.body), hashed, createWriteStream(draft));
const got = hash.digest('hex');
if (got !== wanted) {
  await rm(draft);
  stop(`${url} has the checksum ${got}, and ${wanted} was asked for: it is not kept`);
}
await rename(draft, file);
say(`${file} is there`);
