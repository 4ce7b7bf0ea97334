import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@gistpool/telemetry';

/** Carries the logger through injection, and takes Nest's own lines into it. */
export class Log implements LoggerService {
  constructor(readonly to: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.to.debug({ rest }, String(message));
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.to.warn({ rest }, String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.to.error({ rest }, String(message));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.to.trace({ rest }, String(message));
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.to.trace({ rest }, String(message));
  }
}
