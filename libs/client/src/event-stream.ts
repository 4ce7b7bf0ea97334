import { EventSourceParserStream } from 'eventsource-parser/stream';
import { isTerminal, JobEvent } from '@gistpool/contracts';
import type { Connection } from './connection';
import { GistpoolError } from './gistpool-error';
import { pauseMs, sleep } from './patience';

export interface PlacedEvent {
  /** Where it is in the stream: `after` of who wants to go on from here. */
  readonly id: string;
  readonly event: JobEvent;
}

const NO_CONTENT = 204;

/**
 * What happens in a job, to its end. A connection that breaks is made anew from the last event, so nothing is missed and
 * nothing seen twice; it is given up when so many in a row brought nothing.
 */
export async function* jobEvents(
  connection: Connection,
  path: string,
  { after, signal }: { readonly after?: string | undefined; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<PlacedEvent> {
  let last = after;
  for (let failures = 0; ;) {
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last };
      const answer = await connection.ask(path, { headers, signal });
      if (answer.status === NO_CONTENT || answer.body === null) return;
      const messages = answer.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      for await (const { id, data } of messages) {
        if (id === undefined) continue;
        const event = JobEvent.parse(JSON.parse(data));
        last = id;
        failures = 0;
        yield { id, event };
        if (event.type === 'state' && isTerminal(event.state)) return;
      }
      failures += 1;
    } catch (error) {
      failures += 1;
      if (error instanceof GistpoolError || signal?.aborted || failures > connection.retries) throw error;
    }
    if (failures > connection.retries)
      throw new Error('the stream of events ended again and again before the job did');
    await sleep(pauseMs(Math.max(1, failures), null), signal);
  }
}
