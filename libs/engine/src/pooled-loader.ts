import { constants } from 'node:os';
import { join } from 'node:path';
import type { Device } from './binding';
import { type Backend, backendFor, findPooledLibrary } from './pooled-library';

/** From <dlfcn.h>: a library that no addon answers from would be unloaded again. */
const RTLD_NODELETE = 0x1000;
/** Read by the patched library when a context is made. */
const SEQUENCES_PER_STREAM = 'GISTPOOL_SEQS_PER_STREAM';

export type Loaded =
  | { readonly ok: true; readonly backend: Backend; readonly file: string }
  | { readonly ok: false; readonly reason: string };

let loaded: Loaded | undefined;

/**
 * Loads our libllama into this process, once, before node-llama-cpp loads the shipped one. The dynamic linker knows
 * libraries by their soname, so the addon's need for "libllama.v0.5.0.so" is then met by ours. `isEngineRunning`: too late.
 */
export function loadPooledLibrary(device: Device, isEngineRunning: boolean): Loaded {
  if (loaded?.ok === true) return loaded;
  if (isEngineRunning) return { ok: false, reason: 'the stock libllama is already loaded in this process' };
  loaded = load(backendFor(device));
  return loaded;
}

function load(backend: Backend | undefined): Loaded {
  if (backend === undefined) return { ok: false, reason: 'there is no rebuilt libllama for this device' };
  const found = findPooledLibrary(backend);
  if (!found.ok) return found;
  const { file, shipped, variant } = found.place;
  // What it needs comes first, from the package: whatever is loaded is not looked for again.
  for (const library of [join(shipped, 'libggml-base.so'), join(shipped, `libggml.${variant}.so`), file]) {
    try {
      process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
    } catch (error) {
      // Node finds no addon in it, which is right: the library stays all the same.
      const message = error instanceof Error ? error.message : String(error);
      if (!message.includes('did not self-register')) return { ok: false, reason: `${library}: ${message}` };
    }
  }
  return { ok: true, backend, file };
}

let making: Promise<unknown> = Promise.resolve();

/** Makes a context whose sequences share streams. One at a time, for what the library reads is the process's environment. */
export function withSharedStreams<T>(sequencesPerStream: number, make: () => Promise<T>): Promise<T> {
  const made = making.then(async () => {
    process.env[SEQUENCES_PER_STREAM] = String(sequencesPerStream);
    try {
      return await make();
    } finally {
      // Assigning undefined would set the text "undefined".
      Reflect.deleteProperty(process.env, SEQUENCES_PER_STREAM);
    }
  });
  making = made.catch(() => undefined);
  return made;
}
