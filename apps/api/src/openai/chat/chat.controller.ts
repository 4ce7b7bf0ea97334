import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Completions } from './completions';

@Controller('v1')
export class ChatController {
  constructor(@Inject(Completions) private readonly completions: Completions) {}

  @Post('chat/completions')
  chat(@Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    return this.completions.answer('/v1/chat/completions', body, reply);
  }

  @Post('completions')
  complete(@Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    return this.completions.answer('/v1/completions', body, reply);
  }
}
