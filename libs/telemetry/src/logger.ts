import { pino, type Logger } from 'pino';

export type { Logger };

/** One JSON line per event on stderr; stdout belongs to the program's answer. `who`: fields of every line, e.g. the card. */
export function createLogger(
  part: string,
  level: string,
  who: Readonly<Record<string, string>> = {},
): Logger {
  return pino(
    { name: part, level, base: { part, ...who, pid: process.pid } },
    pino.destination({ dest: 2, sync: true }),
  );
}
