import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApiError } from '../http/api-error';
import { PAGE_HEADERS } from '../html/page';
import { LANDING_PAGE } from '../landing/landing-page';
import { DashboardFiles } from './dashboard-files';
import { DASHBOARD_HEADERS, DASHBOARD_PAGES } from './dashboard-pages';

@Controller()
export class DashboardController {
  constructor(@Inject(DashboardFiles) private readonly files: DashboardFiles) {}

  /** Without a build there is still a page to look at. */
  @Get()
  async home(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    if (this.files.isBuilt) return this.page(reply);
    reply.headers(PAGE_HEADERS);
    return LANDING_PAGE;
  }

  @Get([...DASHBOARD_PAGES])
  async page(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    if (!this.files.isBuilt)
      throw new ApiError(404, 'not_found', 'the dashboard was not built; GET / shows the pool');
    reply.headers(DASHBOARD_HEADERS);
    return this.files.page();
  }
}
