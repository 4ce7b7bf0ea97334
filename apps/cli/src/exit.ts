/** What the process's exit status says. */
export const EXIT = {
  ok: 0,
  /** Something went wrong that is none of the others. */
  failed: 1,
  /** Wrong option, wrong setting, or an input file that cannot be used. */
  usage: 2,
  /** A model file cannot be served; the message names it and says why. */
  modelRefused: 3,
  /** No pool answers where one was expected. */
  unreachable: 4,
  /** The pool works, but not every job was taken and completed. */
  jobsFailed: 5,
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit status:
  0    done
  1    something went wrong; the message says what
  2    wrong option or setting, or an input file that cannot be used
  3    a model file was refused
  4    no pool answers
  5    not every job was taken and completed
  130  interrupted
`;

/** An error whose message is all that the user needs. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
    this.name = 'CliError';
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
