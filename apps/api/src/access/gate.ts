import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, batchNotFound, fileNotFound, jobNotFound, unavailable } from '../http/api-error';
import { sendError } from '../http/send-error';
import { isJobId } from '../jobs/ids';
import type { Pool } from '../pool';
import { allowanceHeaders, refusalOf } from './allowance';
import { keyMissing, type Authenticator } from './authenticator';
import { isAdmin, may, sees, type Caller } from './caller';
import { isSameOrigin } from './local-host';
import { ruleOf, type RouteRule } from './route-rules';
import { isSame } from './session-cookie';

const SESSION = '/v1/session';
const NOT_FOUND = { job: jobNotFound, file: fileNotFound, batch: batchNotFound } as const;

/** Before anything of a request is read: who sends it, whether they may, and whether what it is about is theirs. */
export class Gate {
  constructor(
    private readonly pool: Pool,
    private readonly authenticator: Authenticator,
  ) {}

  register(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', async (request, reply) => {
      const refusal = await this.check(request, reply).catch((error: unknown) => {
        if (error instanceof ApiError) return error;
        throw error;
      });
      // Answered here: the queue board would make a fault of ours of it.
      if (refusal instanceof ApiError) sendError(reply, refusal);
      return reply.sent ? reply : undefined;
    });
  }

  private async check(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { url } = request.routeOptions;
    // Nothing is there, which anybody may know.
    if (url === undefined) return undefined;
    const rule = ruleOf(request.method, url);
    if (rule.needs === 'open' && url !== SESSION) return undefined;
    const found = await this.callerOf(request);
    if (!(found instanceof ApiError)) setCaller(request, found);
    if (rule.needs === 'open') {
      if (found !== undefined && !(found instanceof ApiError) && request.method === 'DELETE')
        refuseForged(request, found);
      return undefined;
    }
    if (found instanceof ApiError) throw found;
    if (found === undefined) {
      if (isPageView(request)) return reply.redirect(`/login?to=${encodeURIComponent(request.url)}`, 303);
      throw keyMissing();
    }
    if (!may(found, rule.needs)) throw scopeMissing(found, rule.needs);
    refuseForged(request, found);
    await this.refuseOfOthers(request, found, rule);
    if (rule.isWork) await this.admit(reply, found);
    return undefined;
  }

  private async callerOf(request: FastifyRequest): Promise<Caller | ApiError | undefined> {
    const { authorization, cookie, host, origin } = request.headers;
    // A look at a key would wait for Redis' return, and the client with it.
    const looks = this.authenticator.isKeyNeeded || authorization !== undefined || cookie !== undefined;
    if (looks && !this.pool.isReachable)
      return unavailable('Redis cannot be reached at the moment, so no key can be looked up');
    return this.authenticator.callerOf({ authorization, cookie, host, origin });
  }

  private async refuseOfOthers(request: FastifyRequest, caller: Caller, { owned }: RouteRule): Promise<void> {
    if (owned === undefined || isAdmin(caller)) return;
    const id = String((request.params as Record<string, unknown>)['id'] ?? '');
    const tenant = isJobId(id) ? await this.tenantOf(owned, id) : undefined;
    if (tenant === undefined || !sees(caller, tenant)) throw NOT_FOUND[owned](id);
  }

  private async tenantOf(owned: keyof typeof NOT_FOUND, id: string): Promise<string | undefined> {
    if (owned === 'file') return this.pool.files.tenantOf(id);
    return owned === 'job' ? this.pool.jobs.tenantOf(id) : (await this.pool.batches.get(id))?.tenant;
  }

  private async admit(reply: FastifyReply, { tenant }: Caller): Promise<void> {
    const admission = await this.pool.meter.admit(tenant);
    // On the answer itself: a stream of events writes its head past Fastify.
    for (const [name, value] of Object.entries(allowanceHeaders(admission))) reply.raw.setHeader(name, value);
    const refusal = refusalOf(tenant, admission);
    if (refusal !== undefined) throw refusal;
  }
}

function setCaller(request: FastifyRequest, caller: Caller | undefined): void {
  if (caller !== undefined) request.caller = caller;
}

const scopeMissing = ({ name, scopes }: Caller, needs: string): ApiError =>
  new ApiError(403, 'forbidden', `this needs the scope ${needs}; ${name} has ${scopes.join(' and ')}`);

/** A page of another site can make a browser send its cookie, but neither knows the token nor hides where it is from. */
function refuseForged({ method, headers }: FastifyRequest, { by, csrfToken }: Caller): void {
  if (by !== 'cookie' || method === 'GET' || method === 'HEAD') return;
  const given = headers['x-csrf-token'];
  if (typeof given !== 'string' || csrfToken === null || !isSame(given, csrfToken))
    throw new ApiError(
      403,
      'forbidden',
      'what changes something under a login carries its csrf_token (GET /v1/session) as x-csrf-token',
      'x-csrf-token',
    );
  if (headers.origin !== undefined && !isSameOrigin(headers.host, headers.origin))
    throw new ApiError(403, 'forbidden', 'a page of another site may not send this', 'origin');
}

const isPageView = ({ method, headers }: FastifyRequest): boolean =>
  method === 'GET' && (headers.accept ?? '').includes('text/html');
