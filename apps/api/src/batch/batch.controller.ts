import { Readable } from 'node:stream';
import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../access/caller';
import { By } from '../access/request-caller';
import { ApiError } from '../http/api-error';
import { Intake } from './intake';
import type { Receipt } from './receipt';

@Controller('v1/jobs/batch')
export class BatchController {
  constructor(@Inject(Intake) private readonly intake: Intake) {}

  @Post()
  async create(
    @By() caller: Caller,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Receipt> {
    const receipt = await this.intake.take(caller, body instanceof Readable ? body : Readable.from([]));
    if (receipt.isEmpty)
      throw new ApiError(400, 'invalid_request', 'the batch has no lines; send one job per line');
    reply.code(receipt.status);
    if (receipt.status === 503) reply.header('retry-after', '2');
    return receipt;
  }
}
