import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PAGE_HEADERS } from '../html/page';
import { openApi, type OpenApi } from './openapi';
import { docsPage } from './page';

@Controller()
export class DocsController {
  private readonly document = openApi();

  @Get(['docs/openapi.json', 'openapi.json'])
  json(): OpenApi {
    return this.document;
  }

  @Get('docs')
  page(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string {
    reply.headers(PAGE_HEADERS);
    return docsPage(this.document, `${request.protocol}://${request.host}`);
  }
}
