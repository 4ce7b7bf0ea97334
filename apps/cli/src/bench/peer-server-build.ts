import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../root';
import { builtPeer } from './peer-build';
import { linkedLibraries } from './shipped';

const run = promisify(execFile);
const PARTS = join(ROOT, 'apps', 'cli', 'src', 'bench', 'peer-server-parts.cpp');

/** Of tools/server. */
const FILES = [
  ...['main', 'server', 'server-chat', 'server-common', 'server-context', 'server-http', 'server-mcp'],
  ...['server-models', 'server-queue', 'server-schema', 'server-stream', 'server-task', 'server-tools'],
];

/** Functions for pictures: a library of its own, which would take minutes to compile and is never called. */
const PICTURES = [
  ...['batch_add_chunk', 'batch_encode', 'batch_free', 'batch_get_output_embd', 'batch_init', 'bitmap_free'],
  ...[
    'get_cap_from_file',
    'helper_bitmap_init_from_buf',
    'helper_decode_image_chunk',
    'helper_support_video',
  ],
  ...['helper_video_free', 'init_from_file', 'input_chunk_copy', 'input_chunk_free', 'input_chunk_get_id'],
  ...['input_chunk_get_n_pos', 'input_chunk_get_n_tokens', 'input_chunk_get_placeholder'],
  ...['input_chunk_get_tokens_text', 'input_chunk_get_type', 'input_chunk_load', 'input_chunk_save'],
  ...['input_chunks_free', 'input_chunks_get', 'input_chunks_init', 'input_chunks_size', 'support_audio'],
  ...['support_vision', 'tokenize'],
].map((name) => `mtmd_${name}`);
/** As the compiler names `mtmd_get_memory_usage(char const*, mtmd_context_params)`. */
const PICTURE_MEMORY = '_Z21mtmd_get_memory_usagePKc19mtmd_context_params';

/**
 * Builds llama-server, without pictures and web pages. Two to five minutes of CPU time, once; kept below `parent`. Only
 * its own code is compiled: what decodes is shipped.
 */
export const buildServer = (parent: string, say: (line: string) => void): Promise<string> =>
  builtPeer({
    folder: resolve(parent, 'peer-server'),
    binary: 'llama-server',
    name: 'llama-server',
    compile: async (source, libraries, draft) => {
      const page = await readFile(join(source, 'tools', 'ui', 'ui.h.in'), 'utf8');
      await writeFile(
        join(source, 'tools', 'server', 'ui.h'),
        page.replace(/^#cmakedefine.*$/m, '').replace('@N_ASSETS@', '0'),
      );
      const objects: string[] = [];
      for (const [at, file] of [...FILES.map((name) => toolFile(source, name)), PARTS].entries()) {
        say(`llama-server: compiling ${at + 1} of ${FILES.length + 1}\n`);
        const object = join(source, `${at}.o`);
        await run('g++', ['-O1', '-std=c++17', ...includes(source), '-c', file, '-o', object]);
        objects.push(object);
      }
      await run('g++', [
        ...objects,
        ...['-o', draft],
        ...linkedLibraries(libraries),
        ...[...PICTURES, PICTURE_MEMORY].map((name) => `-Wl,--defsym=${name}=peer_server_has_no_pictures`),
        ...['-Wl,-rpath,$ORIGIN', '-Wl,--allow-shlib-undefined', '-lpthread', '-ldl'],
      ]);
    },
  });

const toolFile = (source: string, name: string): string => join(source, 'tools', 'server', `${name}.cpp`);

const includes = (source: string): string[] =>
  ['include', 'ggml/include', 'common', 'vendor', 'tools/mtmd', 'tools/server', '.'].map(
    (part) => `-I${join(source, part)}`,
  );
