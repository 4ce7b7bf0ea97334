// Forces chains through the engine and writes their log-probabilities: `node force.mjs REQUEST.json ROWS.f32`.
// The request holds {model, device, threads, gists, sequences}; rows are float32, one after the other, in the order
// of sequences and their positions. The last line on stdout is {"compressions", "rows", "promptTokens"}.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const [requestFile, rowsFile] = process.argv.slice(2);

/** The engine is TypeScript: it is bundled as the pool's own programs are. */
async function loadEngine() {
  const folder = join(root, 'dist');
  const file = join(folder, `force-${process.pid}.mjs`);
  await mkdir(folder, { recursive: true });
  try {
    await build({
      absWorkingDir: root,
      stdin: {
        contents: "export { forceSequences } from './libs/engine/src/testing/forced.ts';",
        resolveDir: root,
      },
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      tsconfig: join(root, 'tsconfig.base.json'),
      plugins: [
        {
          name: 'packages-stay-outside',
          setup: ({ onResolve }) =>
            onResolve({ filter: /^[^./]/ }, ({ path }) =>
              path.startsWith('@gistpool/') ? undefined : { path, external: true },
            ),
        },
      ],
      logLevel: 'warning',
    });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(file, { force: true });
  }
}

const request = JSON.parse(await readFile(requestFile, 'utf8'));
const { forceSequences } = await loadEngine();
const { rows, compressions, promptTokens } = await forceSequences(
  {
    modelPath: request.model,
    device: request.device,
    threads: request.threads,
    kvType: 'f32',
    flashAttention: false,
    prefillChunk: 128,
  },
  request.sequences,
  request.gists,
);
const flat = rows.flat();
const width = flat[0]?.length ?? 0;
const bytes = Buffer.alloc(flat.length * width * 4);
flat.forEach((row, index) => {
  new Float32Array(bytes.buffer, bytes.byteOffset + index * width * 4, width).set(row);
});
await writeFile(rowsFile, bytes);
process.stdout.write(`${JSON.stringify({ compressions, rows: flat.length, promptTokens })}\n`);
process.exit(0);
