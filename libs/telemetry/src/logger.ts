import { pino, type Logger } from 'pino';

export type { Logger };

/** One JSON line per event on stderr; stdout belongs to the program's answer. */
export function createLogger(part: string, level: string): Logger {
  return pino(
    { name: part, level, base: { part, pid: process.pid } },
    pino.destination({ dest: 2, sync: true }),
  );
}
