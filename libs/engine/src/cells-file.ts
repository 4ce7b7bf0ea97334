import { readFile, writeFile } from 'node:fs/promises';

/** Magic, version and the number of tokens, of which we save none. */
const HEAD_BYTES = 12;
const U32_BYTES = 4;

/**
 * A slot's cells as the engine writes them: behind the head the number of the context's pools, then for each pool how many
 * cells follow, none but for the pool of the slot. The engine refuses a file from a context with another number of pools,
 * though the cells would do; this makes it one of theirs. What looks otherwise stays as it is, and the engine refuses it.
 */
export async function fitCellsFile(path: string, pools: number): Promise<void> {
  const file = await readFile(path);
  const start = HEAD_BYTES + U32_BYTES;
  const poolsThere = file.length < start ? 0 : file.readUInt32LE(HEAD_BYTES);
  if (poolsThere === pools || file.length < start + poolsThere * U32_BYTES) return;
  let before = 0;
  while (before < poolsThere && file.readUInt32LE(start + before * U32_BYTES) === 0) before += 1;
  if (before === poolsThere) return;
  const after = poolsThere - before - 1;
  const cells = file.subarray(start + before * U32_BYTES, file.length - after * U32_BYTES);
  const count = Buffer.alloc(U32_BYTES);
  count.writeUInt32LE(pools);
  await writeFile(
    path,
    Buffer.concat([file.subarray(0, HEAD_BYTES), count, cells, Buffer.alloc((pools - 1) * U32_BYTES)]),
  );
}
