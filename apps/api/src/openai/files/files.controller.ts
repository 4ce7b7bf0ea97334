import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FileFilter, type FileDeleted, type FileObject, type FilePage } from '@gistpool/contracts';
import type { Caller } from '../../access/caller';
import { By } from '../../access/request-caller';
import { onlyTenantOf } from '../../access/tenant-of';
import { validate } from '../../http/validate';
import { Pool } from '../../pool';
import { dispositionOf } from './file-name';
import { Files } from './files';
import { Upload } from './upload';

@Controller('v1/files')
export class FilesController {
  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Files) private readonly files: Files,
    @Inject(Upload) private readonly upload: Upload,
  ) {}

  @Post()
  @HttpCode(200)
  create(@By() caller: Caller, @Req() request: FastifyRequest): Promise<FileObject> {
    return this.upload.take(request, caller.tenant);
  }

  @Get()
  async list(@By() caller: Caller, @Query() query: unknown): Promise<FilePage> {
    const { files, hasMore } = await this.pool.files.list(validate(FileFilter, query), onlyTenantOf(caller));
    return {
      object: 'list',
      data: files,
      first_id: files.at(0)?.id ?? null,
      last_id: files.at(-1)?.id ?? null,
      has_more: hasMore,
    };
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<FileObject> {
    return this.files.get(id);
  }

  @Get(':id/content')
  async content(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.files.get(id);
    const head = reply
      .type('application/octet-stream')
      .header('content-length', file.bytes)
      .header('content-disposition', dispositionOf(file.filename))
      // It is the client's text, whatever it looks like.
      .header('x-content-type-options', 'nosniff');
    if (reply.request.method === 'HEAD') return void head.send();
    await head.send(await this.files.read(id));
  }

  @Delete(':id')
  async remove(@Param('id') id: string): Promise<FileDeleted> {
    await this.files.remove(id);
    return { id, object: 'file', deleted: true };
  }
}
