import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe } from 'vitest';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { behavesAsBlobStore } from './conformance.fixture';
import { openBlobStore } from './open-blob-store';

const STARTED = /Running on (http:\S+)/;

/** The S3 of the Python package `moto`, when this machine has it. */
async function startMoto(): Promise<{ url: string; child: ChildProcess } | undefined> {
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const url = new Promise<string | undefined>((resolve) => {
    const hear = (text: Buffer) => {
      const found = STARTED.exec(text.toString())?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
  });
  const started = await url;
  return started === undefined ? undefined : { url: started, child };
}

const given = process.env['GISTPOOL_TEST_S3_URL'];
const moto = given === undefined ? await startMoto() : undefined;
const endpoint = given ?? moto?.url;
if (endpoint === undefined) {
  process.stderr.write(
    'SKIP the blob store of S3: set GISTPOOL_TEST_S3_URL to a server that speaks S3 (and AWS_ACCESS_KEY_ID, ' +
      'AWS_SECRET_ACCESS_KEY), or install the Python package moto[server]\n',
  );
}

describe.skipIf(endpoint === undefined)('the blob store of S3', () => {
  const bucket = `gistpool-${process.pid}-${Date.now()}`;
  let tests = 0;

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
    const client = new S3Client({ endpoint: endpoint ?? '', region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  });
  afterAll(async () => {
    if (moto === undefined) return;
    moto.child.kill();
    await once(moto.child, 'exit');
  });

  behavesAsBlobStore(() => {
    tests += 1;
    return openBlobStore({ folder: '', url: `s3://${bucket}/a/${tests}`, s3Endpoint: endpoint });
  });
});
