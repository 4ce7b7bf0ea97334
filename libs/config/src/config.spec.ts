import { describe, expect, it } from 'vitest';
import { ApiConfig, WorkerConfig, parseConfig } from './config';

describe('the configuration', () => {
  it('names every wrong setting at once, with the value that was given', () => {
    const result = parseConfig(WorkerConfig, {
      GISTPOOL_MODEL_PATH: 'm.gguf',
      GISTPOOL_THREADS: 'many',
      GISTPOOL_LANES: '4*512',
    });
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.problems).toHaveLength(2);
    expect(result.problems.join('\n')).toContain('GISTPOOL_THREADS=many');
    expect(result.problems.join('\n')).toContain('expected auto, most or SLOTSxCELLS');
  });

  it('never tells a secret, however wrong it is', () => {
    const result = parseConfig(ApiConfig, { GISTPOOL_BOOTSTRAP_KEY: 'too-short-a-secret' });
    expect(!result.ok && result.problems).toEqual(['GISTPOOL_BOOTSTRAP_KEY: needs at least 24 characters']);
  });

  it('names a setting that is missing', () => {
    const result = parseConfig(WorkerConfig, {});
    expect(!result.ok && result.problems.join()).toContain('GISTPOOL_MODEL_PATH');
  });

  it('takes an empty variable as one that was not set', () => {
    const result = parseConfig(ApiConfig, { GISTPOOL_PORT: '' });
    expect(result.ok && result.config.GISTPOOL_PORT).toBe(7410);
  });

  it('takes secrets of webhooks, and never tells one that it does not take', () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const good = parseConfig(ApiConfig, { GISTPOOL_WEBHOOKS_SECRET: `${secret}, ${secret}` });
    expect(good.ok && good.config.GISTPOOL_WEBHOOKS_SECRET).toEqual([secret, secret]);
    const bad = parseConfig(ApiConfig, { GISTPOOL_WEBHOOKS_SECRET: 'whsec_hush' });
    expect(!bad.ok && bad.problems.join()).toContain('GISTPOOL_WEBHOOKS_SECRET: expected whsec_');
    expect(JSON.stringify(bad)).not.toContain('hush');
  });

  it('takes a bucket as the place of blobs, and no other address', () => {
    const result = parseConfig(ApiConfig, { GISTPOOL_BLOB_URL: 's3://my-bucket/pool/a' });
    expect(result.ok && result.config.GISTPOOL_BLOB_URL).toBe('s3://my-bucket/pool/a');
    const wrong = parseConfig(ApiConfig, { GISTPOOL_BLOB_URL: '/tmp', GISTPOOL_S3_ENDPOINT: 'minio' });
    expect(!wrong.ok && wrong.problems.join('\n')).toMatch(/expected s3:[^]*expected http:/);
  });

  it('leaves the lanes to the card', () => {
    const result = parseConfig(WorkerConfig, { GISTPOOL_MODEL_PATH: 'm', GISTPOOL_LANES: 'auto' });
    expect(result.ok && result.config.GISTPOOL_LANES).toBe('auto');
  });

  it('reads several lanes', () => {
    const result = parseConfig(WorkerConfig, { GISTPOOL_MODEL_PATH: 'm', GISTPOOL_LANES: '32x512,4x2048' });
    expect(result.ok && result.config.GISTPOOL_LANES).toEqual([
      { slots: 32, cells: 512 },
      { slots: 4, cells: 2048 },
    ]);
  });

  it('refuses a lane of 257 slots', () => {
    const result = parseConfig(WorkerConfig, { GISTPOOL_MODEL_PATH: 'm', GISTPOOL_LANES: '257x512' });
    expect(result.ok).toBe(false);
  });
});
