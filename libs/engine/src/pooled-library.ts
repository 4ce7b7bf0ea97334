import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve, sep } from 'node:path';

/**
 * Where our build of libllama lives, and whether it is there. With it several sessions share a pool of cells (pooled
 * streams, native/pooled-streams.patch); with the library that the npm package ships each slot has its own.
 *
 * The name of its folder holds all it was made from: node-llama-cpp's version, the variant, the patch. Another version
 * of any of them looks elsewhere, so an old build is never loaded.
 */

/** SHA-256 of native/pooled-streams.patch. A changed patch is another library. */
export const PATCH_SHA256 = 'cc21faea609a2809277fc9d44a9cd0eadc6bbefebbb0046f43973045d5017097';
/** llama.cpp's release inside the pinned node-llama-cpp: part of the shipped libraries' names. */
const RELEASE = 'v0.5.0';

export const BACKENDS = ['cpu', 'cuda', 'vulkan'] as const;
export type Backend = (typeof BACKENDS)[number];

/** Names and folders of one backend's libraries. */
export interface LibraryPlace {
  readonly backend: Backend;
  /** What stands in the libraries' names. */
  readonly variant: string;
  /** Version of the installed node-llama-cpp. */
  readonly version: string;
  /** The npm package's libraries. */
  readonly shipped: string;
  /** Where our build is or would be. */
  readonly folder: string;
  readonly file: string;
}

export type LibraryFound =
  | { readonly ok: true; readonly place: LibraryPlace; readonly record: BuildRecord }
  | { readonly ok: false; readonly place?: LibraryPlace; readonly reason: string };

/** build.json beside the library. Written last, and the folder takes its name after that. */
export interface BuildRecord {
  readonly version: string;
  readonly variant: string;
  readonly patchSha256: string;
  /** Of the library that the npm package ships under this name. */
  readonly shippedSha256: string;
  readonly librarySha256: string;
  readonly compiler: string;
  readonly seconds: number;
  readonly builtAt: string;
}

/** The folder that holds node-llama-cpp and its packages of libraries. */
function modulesFolder(): string {
  const entry = createRequire(import.meta.url).resolve('node-llama-cpp');
  const inside = `${sep}node-llama-cpp${sep}`;
  return entry.slice(0, entry.lastIndexOf(inside));
}

export const engineCacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  env['GISTPOOL_ENGINE_CACHE'] !== undefined && env['GISTPOOL_ENGINE_CACHE'] !== ''
    ? resolve(env['GISTPOOL_ENGINE_CACHE'])
    : join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gistpool', 'engine');

/** llama.cpp's source inside the npm package, as a git bundle. */
export const sourceBundle = (): string => join(packageFolder(), 'llama', 'gitRelease.bundle');
/** What node-llama-cpp itself changes in that source before it builds. */
export const packagePatches = (): string => join(packageFolder(), 'llama', 'patches');
const packageFolder = (): string => join(modulesFolder(), 'node-llama-cpp');

/** Undefined where no package of this backend is installed. */
export function libraryPlace(
  backend: Backend,
  env: NodeJS.ProcessEnv = process.env,
): LibraryPlace | undefined {
  if (process.platform !== 'linux') return undefined;
  const flavour = `linux-${process.arch}${backend === 'cpu' ? '' : `-${backend}`}`;
  const variant = backend === 'cpu' ? RELEASE : `${backend}.${RELEASE}`;
  const shipped = join(modulesFolder(), '@node-llama-cpp', flavour, 'bins', flavour);
  if (!existsSync(join(shipped, `libllama.${variant}.so`))) return undefined;
  const manifest = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    version: string;
  };
  const name = `${manifest.version}-${flavour}-${PATCH_SHA256.slice(0, 12)}`;
  const folder = join(engineCacheFolder(env), name);
  return {
    backend,
    variant,
    version: manifest.version,
    shipped,
    folder,
    file: join(folder, `libllama.${variant}.so`),
  };
}

export function findPooledLibrary(backend: Backend, env: NodeJS.ProcessEnv = process.env): LibraryFound {
  const place = libraryPlace(backend, env);
  if (place === undefined) {
    return {
      ok: false,
      reason: `no package of node-llama-cpp for ${backend} on this machine holds a libllama`,
    };
  }
  const record = join(place.folder, 'build.json');
  if (!existsSync(record) || !existsSync(place.file)) {
    return {
      ok: false,
      place,
      reason: `there is no build for node-llama-cpp ${place.version} (${backend}); ./gistpool engine build makes one`,
    };
  }
  const found = JSON.parse(readFileSync(record, 'utf8')) as BuildRecord;
  if (found.shippedSha256 !== sha256Of(join(place.shipped, `libllama.${place.variant}.so`))) {
    return {
      ok: false,
      place,
      reason: 'the build was made for another libllama of the same version; ./gistpool engine build --again',
    };
  }
  return { ok: true, place, record: found };
}

/** Where the system shows a device of a backend; of an NVIDIA card also under WSL. */
const DEVICE_SIGNS: Readonly<Record<Exclude<Backend, 'cpu'>, readonly string[]>> = {
  cuda: ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'],
  vulkan: ['/dev/dri/renderD128', '/proc/driver/nvidia/version'],
};

/** Whether this machine seems to have something that the backend runs on. `exists` is given by tests. */
export const hasDeviceFor = (backend: Backend, exists: (path: string) => boolean = existsSync): boolean =>
  backend === 'cpu' || DEVICE_SIGNS[backend].some((path) => exists(path));

/** What node-llama-cpp would take for a device, as far as can be told before it is loaded. */
export function backendFor(device: 'auto' | 'metal' | Backend): Backend | undefined {
  if (device === 'metal') return undefined;
  if (device !== 'auto') return device;
  const hasNvidia = existsSync('/proc/driver/nvidia/version') && libraryPlace('cuda') !== undefined;
  return hasNvidia ? 'cuda' : 'cpu';
}

/** In one line, what comes of a wish for shared pools that cannot be met. */
export const withoutPools = (sessions: number, reason: string): string =>
  `${String(sessions)} sessions were to share each pool, which needs gistpool's build of libllama (${reason}); ` +
  'the stock library stays in use, with one session in each';

export const sha256Of = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');
