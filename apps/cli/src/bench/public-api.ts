import { getLlama, type LlamaContextSequence, type Token } from 'node-llama-cpp';
import type { PeerLoad } from './peer';

/** Tokens per second of node-llama-cpp's public sequence API, greedy, all sequences at once. */
export async function publicApiTokensPerSecond(
  load: PeerLoad & { readonly endToken: number },
): Promise<number> {
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    gpu: false,
    logger: () => undefined,
  });
  const model = await llama.loadModel({ modelPath: load.modelPath });
  try {
    const context = await model.createContext({
      contextSize: Math.ceil((load.promptTokens + load.tokens) / 256) * 256,
      sequences: load.sessions,
      threads: load.threads,
      flashAttention: false,
      batchSize: 512,
    });
    const sequences = Array.from({ length: load.sessions }, () => context.getSequence());
    const prompt = model.tokenize('a'.repeat(load.promptTokens)).slice(0, load.promptTokens);
    const readers = sequences.map((sequence) => tokensOf(sequence, prompt));
    // The first token of each comes with its prompt; the clock starts after it.
    await Promise.all(readers.map((reader) => reader.next()));
    const steps = Math.floor(load.tokens * 0.8);
    const start = performance.now();
    await Promise.all(
      readers.map(async (reader) => {
        for (let step = 0; step < steps; step++) await reader.next();
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    await Promise.all(readers.map((reader) => reader.return()));
    await context.dispose();
    return (steps * load.sessions) / seconds;
  } finally {
    await model.dispose();
    await llama.dispose();
  }
}

function tokensOf(sequence: LlamaContextSequence, prompt: readonly Token[]) {
  return sequence.evaluate([...prompt], { temperature: 0, yieldEogToken: true });
}
