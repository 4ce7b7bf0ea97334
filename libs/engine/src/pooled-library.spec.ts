import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type BuildRecord,
  engineCacheFolder,
  findPooledLibrary,
  hasDeviceFor,
  libraryPlace,
  PATCH_SHA256,
  sha256Of,
} from './pooled-library';

describe('the rebuilt libllama', () => {
  const cache = mkdtempSync(join(tmpdir(), 'gistpool-cache-'));
  const env = { GISTPOOL_ENGINE_CACHE: cache };
  afterEach(() => {
    rmSync(cache, { recursive: true, force: true });
  });

  const place = libraryPlace('cpu', env);
  const shippedSha256 =
    place === undefined ? '' : sha256Of(join(place.shipped, `libllama.${place.variant}.so`));

  function put(record: Partial<BuildRecord>): void {
    if (place === undefined) throw new Error('no libraries here');
    mkdirSync(place.folder, { recursive: true });
    writeFileSync(place.file, '');
    writeFileSync(join(place.folder, 'build.json'), JSON.stringify(record));
  }

  it('is known by the hash of its patch, so that a changed patch is another library', () => {
    const patch = fileURLToPath(new URL('../native/pooled-streams.patch', import.meta.url));
    expect(sha256Of(patch)).toBe(PATCH_SHA256);
  });

  it.skipIf(place === undefined)('is told to be missing, with the command that makes it', () => {
    expect(findPooledLibrary('cpu', env)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('./gistpool engine build') as string,
    });
  });

  it.skipIf(place === undefined)('is found when it was made for the libraries that are installed', () => {
    put({ shippedSha256 });
    expect(findPooledLibrary('cpu', env)).toMatchObject({ ok: true, place: { folder: place?.folder } });
  });

  it.skipIf(place === undefined)('is passed over when it was made for others', () => {
    put({ shippedSha256: 'another' });
    expect(findPooledLibrary('cpu', env)).toMatchObject({ ok: false });
    expect(place?.folder).toContain(place?.version);
  });

  it('lives where caches live', () => {
    expect(engineCacheFolder({ XDG_CACHE_HOME: '/caches' })).toBe('/caches/gistpool/engine');
    expect(engineCacheFolder({ GISTPOOL_ENGINE_CACHE: '/elsewhere' })).toBe('/elsewhere');
  });
});

describe('the devices of this machine', () => {
  const withFiles =
    (...files: readonly string[]) =>
    (path: string) =>
      files.includes(path);

  it('are seen by what the system shows of them; a CPU is always there', () => {
    expect(hasDeviceFor('cpu', withFiles())).toBe(true);
    expect(hasDeviceFor('cuda', withFiles())).toBe(false);
    expect(hasDeviceFor('vulkan', withFiles())).toBe(false);
    expect(hasDeviceFor('cuda', withFiles('/proc/driver/nvidia/version'))).toBe(true);
    expect(hasDeviceFor('cuda', withFiles('/dev/dri/renderD128'))).toBe(false);
    expect(hasDeviceFor('vulkan', withFiles('/dev/dri/renderD128'))).toBe(true);
  });
});
