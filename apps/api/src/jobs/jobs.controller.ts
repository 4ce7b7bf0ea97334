import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  isTerminal,
  JobRequest,
  type CancelReceipt,
  type JobCounts,
  type JobPage,
  type JobView,
  type StoredRequest,
} from '@gistpool/contracts';
import type { Caller } from '../access/caller';
import { isAdmin, sees } from '../access/caller';
import { By } from '../access/request-caller';
import { inTenantOf, withinTenantOf } from '../access/tenant-of';
import { jobNotFound } from '../http/api-error';
import { once } from '../http/idempotency';
import { validate } from '../http/validate';
import { Pool } from '../pool';
import { findJob } from './find-job';
import { isJobId } from './ids';
import { toJobView, toStoredRequest } from './job-view';
import { CountsQuery, ListQuery } from './list-query';
import { Submit } from './submit';

@Controller('v1/jobs')
export class JobsController {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Submit) private readonly submit: Submit,
  ) {}

  @Post()
  @HttpCode(201)
  create(
    @By() caller: Caller,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobView> {
    const asked = validate(JobRequest, inTenantOf(caller, body));
    const keyed = { scope: `jobs:${asked.tenant}`, body: asked, newId: () => this.submit.ids.next('job') };
    return once(this.pool, request, reply, keyed, async (id) => {
      const { job, isNew } = await this.submit.one(asked, id);
      const headers = { location: `/v1/jobs/${job.id}` };
      return { status: isNew ? 201 : 200, headers, body: toJobView(job) };
    });
  }

  @Get()
  async list(@By() caller: Caller, @Query() query: unknown): Promise<JobPage> {
    const filter = validate(ListQuery, withinTenantOf(caller, query));
    const withCourse = filter.include === 'course';
    const { jobs, nextCursor } =
      filter.ids === undefined
        ? await this.pool.jobs.list(filter)
        : { jobs: await this.pool.jobs.getMany(filter.ids.split(',')), nextCursor: null };
    const own = jobs.filter(({ tenant }) => sees(caller, tenant));
    const data = own.map((job) => toJobView(job, undefined, withCourse));
    return { object: 'list', data, next_cursor: nextCursor };
  }

  @Get('counts')
  async counts(@By() caller: Caller, @Query() query: unknown): Promise<JobCounts> {
    const filter = validate(CountsQuery, withinTenantOf(caller, query));
    const [states, oldest] = await Promise.all([
      this.pool.jobs.states(filter),
      this.pool.jobs.oldestWaiting(),
    ]);
    return {
      object: 'job.counts',
      states,
      // Of the whole pool: its id is told to those who may ask for it.
      oldest_waiting:
        oldest === undefined || !isAdmin(caller)
          ? null
          : { id: oldest.id, created_at_ms: oldest.createdAtMs },
    };
  }

  @Get(':id/request')
  async request(@Param('id') id: string): Promise<StoredRequest> {
    return toStoredRequest(await findJob(this.pool, id));
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<JobView> {
    const job = await findJob(this.pool, id);
    const result = isTerminal(job.state) ? await this.pool.results.get(id) : undefined;
    return toJobView(job, result);
  }

  @Delete(':id')
  async cancel(
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CancelReceipt> {
    const outcome = isJobId(id) ? await this.pool.jobs.cancel(id) : 'not-found';
    if (outcome === 'not-found') throw jobNotFound(id);
    const job = await findJob(this.pool, id);
    // A worker may have ended the job between the two reads.
    const isStillEnding = outcome === 'cancelling' && !isTerminal(job.state);
    reply.code(isStillEnding ? 202 : 200);
    return { object: 'job.cancel', id, outcome: OUTCOMES[outcome], state: job.state };
  }
}

const OUTCOMES = {
  cancelled: 'cancelled',
  cancelling: 'cancelling',
  'already-ended': 'already_ended',
} as const;
