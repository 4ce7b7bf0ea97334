import { readGgufFileInfo } from 'node-llama-cpp';

const CONTROL = 3;
const SPLITTER = '<|splitter|>';

/** Biases under which the bundled model neither ends nor answers: it thinks until a limit stops it. */
export async function unendingBias(modelPath: string): Promise<Record<string, number>> {
  const { metadata } = await readGgufFileInfo(modelPath, { logWarnings: false });
  const { tokens = [], token_type: types = [] } = metadata.tokenizer.ggml;
  const ending = [...tokens.keys()].filter((id) => types[id] === CONTROL && tokens[id] !== SPLITTER);
  return Object.fromEntries(ending.map((id) => [String(id), -100]));
}
