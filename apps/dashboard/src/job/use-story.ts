import { useEffect, useState } from 'react';
import type { JobEvent } from '@gistpool/contracts';
import { reachability } from '../api/reachability';
import { continued, NO_STORY, type Story, type Told } from './story';

const TYPES = [
  'state',
  'text',
  'thought',
  'compression',
  'answer',
  'usage',
  'error',
] as const satisfies readonly JobEvent['type'][];
const LOOK_AGAIN_MS = 2_000;

/** Listens to a job's events from its beginning; the browser comes back by itself and misses nothing. */
export function useStory(id: string): Story {
  const [story, setStory] = useState(NO_STORY);
  useEffect(() => {
    let waiting: Told[] = [];
    let frame: number | undefined;
    const show = (): void => {
      const told = waiting;
      [waiting, frame] = [[], undefined];
      setStory((before) => continued(before, told));
    };
    const hear = (message: MessageEvent<string>): void => {
      const atMs = Number(message.lastEventId.split('-')[0]);
      waiting.push({ event: JSON.parse(message.data) as JobEvent, atMs });
      frame ??= requestAnimationFrame(show);
    };
    const listen = (after: string | undefined): EventSource => {
      const path = `/v1/jobs/${encodeURIComponent(id)}/events${after === undefined ? '' : `?after=${after}`}`;
      const source = new EventSource(path);
      for (const type of TYPES) {
        // The api's own 'error' events carry data; those of the connection do not.
        source.addEventListener(type, (message) => {
          if (message instanceof MessageEvent) {
            lastId = message.lastEventId;
            hear(message as MessageEvent<string>);
          }
        });
      }
      source.addEventListener('open', () => reachability.set(true));
      return source;
    };
    let lastId: string | undefined;
    let source = listen(undefined);
    // A proxy's error page ends a stream for good, and so does the end of the job: the next answer is then 204.
    let triesAfterClose = 0;
    const timer = setInterval(() => {
      if (source.readyState === EventSource.OPEN) triesAfterClose = 0;
      if (source.readyState !== EventSource.CLOSED || triesAfterClose >= 3) return;
      triesAfterClose += 1;
      source = listen(lastId);
    }, LOOK_AGAIN_MS);
    return () => {
      source.close();
      clearInterval(timer);
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [id]);
  return story;
}
