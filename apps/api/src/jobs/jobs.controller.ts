import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { isTerminal, JobRequest, type CancelReceipt, type JobPage, type JobView } from '@gistpool/contracts';
import { jobNotFound } from '../http/api-error';
import { validate } from '../http/validate';
import { Pool } from '../pool';
import { findJob } from './find-job';
import { isJobId } from './ids';
import { toJobView } from './job-view';
import { ListQuery } from './list-query';
import { Submit } from './submit';

@Controller('v1/jobs')
export class JobsController {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Submit) private readonly submit: Submit,
  ) {}

  @Post()
  @HttpCode(201)
  async create(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<JobView> {
    const job = await this.submit.one(validate(JobRequest, body));
    reply.header('location', `/v1/jobs/${job.id}`);
    return toJobView(job);
  }

  @Get()
  async list(@Query() query: unknown): Promise<JobPage> {
    const filter = validate(ListQuery, query);
    const { jobs, nextCursor } = await this.pool.jobs.list(filter);
    const withCourse = filter.include === 'course';
    const data = jobs.map((job) => toJobView(job, undefined, withCourse));
    return { object: 'list', data, next_cursor: nextCursor };
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
