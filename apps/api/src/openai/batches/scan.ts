import { MAX_BATCH_LINE_BYTES, MAX_BATCH_LINES, type BatchError } from '@gistpool/contracts';
import { readLines } from '../../batch/lines';

/** Blank lines are skipped but numbered. */
const MAX_LINE_NUMBER = 4 * MAX_BATCH_LINES;

const refusal = (code: string, message: string): BatchError => ({ code, message, param: null, line: null });

/** Counts the lines of an input file, or says why none of it can be taken. Nothing is parsed. */
export async function countLines(source: AsyncIterable<Buffer>): Promise<number | BatchError> {
  let count = 0;
  for await (const line of readLines(source, MAX_BATCH_LINE_BYTES)) {
    count += 1;
    if (count > MAX_BATCH_LINES)
      return refusal('too_many_lines', `the file has more than ${MAX_BATCH_LINES} lines`);
    if (line.number > MAX_LINE_NUMBER)
      return refusal(
        'too_many_lines',
        `the file has more than ${MAX_LINE_NUMBER} lines, blank ones included`,
      );
  }
  return count === 0 ? refusal('empty_file', 'the file has no lines') : count;
}
