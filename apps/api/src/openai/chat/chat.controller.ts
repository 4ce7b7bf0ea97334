import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../access/caller';
import { By } from '../../access/request-caller';
import { Completions } from './completions';

@Controller('v1')
export class ChatController {
  constructor(@Inject(Completions) private readonly completions: Completions) {}

  @Post('chat/completions')
  chat(@By() caller: Caller, @Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    return this.completions.answer('/v1/chat/completions', body, caller.tenant, reply);
  }

  @Post('completions')
  complete(@By() caller: Caller, @Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    return this.completions.answer('/v1/completions', body, caller.tenant, reply);
  }
}
