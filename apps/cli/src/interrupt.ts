import { CliError, EXIT } from './exit';

export interface Interrupt {
  /** Aborts at the first Ctrl-C, SIGTERM or closed terminal. */
  readonly signal: AbortSignal;
  /** What a second one does, instead of ending the process on the spot. */
  onSecond(act: () => void): void;
}

export function interruptSignal(): Interrupt {
  const controller = new AbortController();
  let second = () => process.exit(EXIT.interrupted);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) second();
      else controller.abort(new CliError('interrupted', EXIT.interrupted));
    });
  }
  return {
    signal: controller.signal,
    onSecond: (act) => {
      second = act as () => never;
    },
  };
}
