import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PAGE_HEADERS } from '../html/page';
import { openApi, type OpenApi } from './openapi';
import { docsPage } from './page';

@Controller('docs')
export class DocsController {
  private readonly document = openApi();

  @Get('openapi.json')
  json(): OpenApi {
    return this.document;
  }

  @Get()
  page(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string {
    reply.headers(PAGE_HEADERS);
    return docsPage(this.document, `${request.protocol}://${request.host}`);
  }
}
