import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LoginRequest, type SessionView } from '@gistpool/contracts';
import { ApiError } from '../http/api-error';
import { validate } from '../http/validate';
import { Authenticator } from './authenticator';
import { cookieOf } from './session-cookie';
import { toSessionView } from './views';

/** The way in with a browser: a key once, a cookie from then on. */
@Controller('v1/session')
export class SessionController {
  constructor(@Inject(Authenticator) private readonly authenticator: Authenticator) {}

  @Get()
  whoAmI(@Req() request: FastifyRequest): SessionView {
    return toSessionView(request.caller);
  }

  @Post()
  @HttpCode(200)
  async login(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    const session = await this.authenticator.login(validate(LoginRequest, body).key);
    if (session instanceof ApiError) throw session;
    const { value, caller } = session;
    request.caller = caller;
    const lifetimeMs = (caller.expiresAtMs ?? 0) - Date.now();
    reply.header('set-cookie', cookieOf(value, lifetimeMs, cameBySecureWay(request)));
    return toSessionView(caller);
  }

  @Delete()
  @HttpCode(200)
  logout(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): SessionView {
    reply.header('set-cookie', cookieOf('', 0, cameBySecureWay(request)));
    return toSessionView(undefined);
  }
}

/** Of https itself, or of a proxy that speaks it for us. */
const cameBySecureWay = ({ protocol, headers }: FastifyRequest): boolean =>
  protocol === 'https' || headers['x-forwarded-proto'] === 'https';
