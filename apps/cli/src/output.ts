/** The only place that writes: the answer goes to stdout, everything said on the way to stderr. */
export interface Output {
  answer(text: string): void;
  progress(text: string): void;
  /** Whether progress may be redrawn in place. */
  readonly isLive: boolean;
  readonly hasColor: boolean;
  readonly columns: number;
  readonly rows: number;
}

export const HIDE_CURSOR = '\u001b[?25l';
export const SHOW_CURSOR = '\u001b[?25h';

export function terminalOutput(): Output {
  // A reader that went away (`| head`) is no reason to print a stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const isTerminal = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  // A live view hides the cursor, and may be cut off at any point.
  if (isTerminal) process.on('exit', () => void process.stderr.write(SHOW_CURSOR));
  return {
    answer: (text) => void process.stdout.write(text),
    progress: (text) => void process.stderr.write(text),
    isLive: isTerminal,
    hasColor: isTerminal && !process.env['NO_COLOR'],
    get columns() {
      return process.stderr.columns || 100;
    },
    get rows() {
      return process.stderr.rows || 30;
    },
  };
}
