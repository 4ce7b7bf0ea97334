import { getLlama, type LlamaContextSequence, type Token } from 'node-llama-cpp';
import { type Load, PASS_TOKENS, timedSteps } from './peer';
import { ownReading, type Speed, speedBetween } from './speed';

/** node-llama-cpp's public sequence API, greedy, all sequences at once. */
export async function publicApiSpeed(load: Load): Promise<Speed> {
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
      batchSize: PASS_TOKENS,
    });
    const sequences = Array.from({ length: load.sessions }, () => context.getSequence());
    const prompt = model.tokenize('a'.repeat(load.promptTokens)).slice(0, load.promptTokens);
    const readers = sequences.map((sequence) => tokensOf(sequence, prompt));
    // The first token of each comes with its prompt; the clock starts after it.
    await Promise.all(readers.map((reader) => reader.next()));
    const steps = timedSteps(load);
    const start = ownReading();
    await Promise.all(
      readers.map(async (reader) => {
        for (let step = 0; step < steps; step++) await reader.next();
      }),
    );
    const speed = speedBetween(start, ownReading(), steps * load.sessions);
    await Promise.all(readers.map((reader) => reader.return()));
    await context.dispose();
    return speed;
  } finally {
    await model.dispose();
    await llama.dispose();
  }
}

function tokensOf(sequence: LlamaContextSequence, prompt: readonly Token[]) {
  return sequence.evaluate([...prompt], { temperature: 0, yieldEogToken: true });
}
