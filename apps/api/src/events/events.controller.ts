import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { isTerminal } from '@gistpool/contracts';
import type { StoredEvent } from '@gistpool/queue';
import { jobNotFound } from '../http/api-error';
import { validate } from '../http/validate';
import { isJobId } from '../jobs/ids';
import { Log } from '../log';
import { Pool } from '../pool';
import { EventsQuery, StreamId } from './events-query';
import { OpenStreams } from './open-streams';
import { EVENT_STREAM, SseStream } from './sse-stream';

const FROM_THE_START = '0-0';

@Controller('v1/jobs')
export class EventsController {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(OpenStreams) private readonly open: OpenStreams,
    @Inject(Log) private readonly log: Log,
  ) {}

  @Get(':id/events')
  async listen(
    @Param('id') id: string,
    @Query() query: unknown,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { after } = validate(EventsQuery, query);
    const afterId = lastEventId === undefined ? (after ?? FROM_THE_START) : validate(StreamId, lastEventId);
    const job = isJobId(id) ? await this.pool.jobs.get(id) : undefined;
    if (job === undefined) throw jobNotFound(id);
    if (reply.request.method === 'HEAD') return void reply.type(EVENT_STREAM).send();
    const stream = new SseStream(reply.raw);
    const events = this.pool.jobs.events(id, afterId, stream.signal)[Symbol.asyncIterator]();
    const first = isTerminal(job.state) ? await events.next() : undefined;
    // 204 is how a server tells an EventSource that there is nothing to come back for.
    if (first?.done === true) return void reply.code(204).send();
    reply.hijack();
    await this.open.during(stream, async () => {
      stream.open();
      if (first !== undefined) await stream.send(first.value);
      await this.follow(events, stream).catch((error: unknown) => this.lost(id, error));
    });
  }

  private async follow(events: AsyncIterator<StoredEvent>, stream: SseStream): Promise<void> {
    try {
      for (let next = await events.next(); next.done !== true; next = await events.next()) {
        if (stream.signal.aborted) return;
        await stream.send(next.value);
      }
    } finally {
      await events.return?.();
    }
  }

  /** The client comes back with Last-Event-ID and misses nothing. */
  private lost(id: string, error: unknown): void {
    this.log.to.warn({ job: id, err: error }, 'an event stream broke off; its client will resume');
  }
}
