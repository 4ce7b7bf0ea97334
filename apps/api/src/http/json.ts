import { ApiError, clip } from './api-error';
import { refuseTraps } from './json-traps';

/** Parses JSON, or says where it stops being JSON, or what in it is not taken. */
export function parseJson(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text) as unknown;
  } catch (error) {
    throw new ApiError(400, 'invalid_json', `not valid JSON: ${whereOf(error, text)}`);
  }
  refuseTraps(parsed);
  return parsed;
}

/** UTF-8 or a refusal: bytes that are no text would otherwise become other text silently. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ApiError(400, 'invalid_json', 'not valid JSON: the bytes are not UTF-8');
  }
}

function whereOf(error: unknown, text: string): string {
  if (text.trim() === '') return 'it is empty';
  const message = error instanceof Error ? error.message : String(error);
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return clip(message.replaceAll(/\s+/g, ' '), 200);
  const before = text.slice(0, Number(position)).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  const found = text.codePointAt(Number(position));
  const what =
    found === undefined ? 'it ends too early' : `unexpected ${JSON.stringify(String.fromCodePoint(found))}`;
  return `${what} at line ${before.length}, column ${column} (position ${position})`;
}
