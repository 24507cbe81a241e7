// The API server: from a request to a reply. The chain is upstream's (apiserver pkg/server/config.go DefaultBuildHandlerChain): who is it, what do they
// want, may they, and then the handler of the verb.

import { ANONYMOUS } from '../api/access.ts';
import { Pending } from '../api/admission.ts';
import type { External } from '../api/admission.ts';
import { badRequest, internalError, methodNotAllowed, StatusError } from '../api/status.ts';
import { parseDuration } from '../lib/time.ts';
import { issuerPage } from './authentication/issuer.ts';
import { delegated } from './aggregation.ts';
import { audit } from './audit/trail.ts';
import { audited as auditedBy } from './audit/audited.ts';
import type { AuditedRequest } from './audit/audited.ts';
import type { Trail } from './audit/trail.ts';
import { authorize } from './authorization/authorize.ts';
import type { HandlerContext, Server } from './context.ts';
import { discovery } from './discovery.ts';
import { flowControlDump } from './flow-control/dump.ts';
import { isLongRunning } from './flow-control/flow-control.ts';
import { flowControlMetrics } from './flow-control/metrics.ts';
import { flowHeaders, Queued, refusalOf } from './flow-control/seat.ts';
import type { Seat } from './flow-control/seat.ts';
import type { Route } from './flow-control/ticket.ts';
import { healthIndicators, healthPage, rootPaths, isHealthPage } from './health.ts';
import type { Metric } from '../lib/metrics.ts';
import { metricsPage } from './metrics-page.ts';
import { zPage } from './zpages.ts';
import { buildInfo } from './request-metrics.ts';
import { notFoundPage } from './http.ts';
import type { HttpReply, HttpRequest, Reply } from './http.ts';
import { negotiateStatus } from './negotiation.ts';
import { openapi } from './openapi/pages.ts';
import { encode } from './render.ts';
import { requestInfoOf } from './request-info.ts';
import { resourceReply } from './routes.ts';

/**
 * Answers, or throws `Pending` when something outside must be asked first: then call again with its answer; or `Queued` when the request has to wait for its turn: then
 * call again when that has come. Who has no `seat` (a program of the simulated world, whose time is another) need not wait.
 */
export function handle(server: Server, request: HttpRequest, external: External, seat?: Seat): Reply | Promise<Reply> {
  const annotations: Record<string, string> = {};
  const trail: Trail = { auditID: auditIdOf(server, request), annotations };
  const since = server.now();
  let flow: Route | undefined;
  /** What nobody serves is not measured: its names are the client's. */
  let isServed = false;
  const leave = (reply: Reply, warnings: readonly string[]): Reply => {
    const whole = finish(reply, trail.auditID, warnings, flow);
    return isServed ? server.metrics.measure(request, trail.info!, since, whole) : whole;
  };
  let audited: AuditedRequest | undefined;
  const written = (result: Reply | StatusError, reply: Reply): Reply =>
    audited ? audited.finish({ user: trail.user, constraint: trail.constraint, annotations }, result, reply) : reply;
  const done = (reply: Reply, warnings: readonly string[]): Reply => {
    audit(server.audit, server.now(), request, trail, reply);
    return written(reply, leave(reply, warnings));
  };
  const failed = (error: unknown, warnings: readonly string[]): Reply => {
    const reply = refusal(server, request, error);
    const result = error instanceof StatusError ? error : reply;
    audit(server.audit, server.now(), request, trail, result);
    // Who is not who they say they are.
    if (trail.info && !trail.sender) audited = beginAudit(server, request, trail);
    return written(result, leave(reply, warnings));
  };
  try {
    checkTimeout(request);
    const info = requestInfoOf(request);
    trail.info = info;
    const sender = server.authenticator.authenticate(request) ?? ANONYMOUS;
    trail.sender = sender;
    audited = beginAudit(server, request, trail);
    const acting = server.impersonation.of(sender, request, info);
    const user = acting?.user ?? sender;
    trail.user = user;
    if (acting?.constraint) trail.constraint = acting.constraint;
    if (!isLongRunning(info)) {
      const ticket = seat?.take(user, info, request);
      flow = ticket?.route ?? server.flow.note(user, info);
      if (ticket?.state === 'refused') {
        server.metrics.countDropped(request, info);
        return done(refusalOf(server.flow, ticket), []);
      }
    }
    authorize(server, user, info, annotations);
    isServed = info.isResource
      ? server.registry.catalog.find(info.group, info.version, info.resource) !== undefined
      : isHealthPage(info.path);
    const context: Omit<HandlerContext, 'resource'> = {
      server,
      request,
      info,
      user,
      external,
      warnings: [],
      annotations,
      ...(audited && { audited }),
    };
    const reply = delegated(server, request, info.path, user) ?? (info.isResource ? resourceReply(context) : pathReply(context));
    if (!(reply instanceof Promise)) return done(reply, context.warnings);
    return reply.then(
      (late) => done(late, context.warnings),
      (error: unknown) => failed(error, context.warnings),
    );
  } catch (error) {
    return failed(error, []);
  }
}

/** Undefined if nothing is to be written down. */
function beginAudit(server: Server, request: HttpRequest, { info, sender, auditID }: Trail): AuditedRequest | undefined {
  const log = server.auditLog();
  return log && auditedBy({ log, request, info: info!, sender, auditID, now: () => server.now() });
}

/** The answer to a request that came to nothing. */
export const refuse = (server: Server, request: HttpRequest, error: unknown): Reply =>
  finish(refusal(server, request, error), auditIdOf(server, request), []);

/** Nothing here takes so long that a deadline could pass; but one that cannot be read is refused. */
function checkTimeout({ query }: HttpRequest): void {
  const given = query.get('timeout');
  if (given && parseDuration(given) === undefined)
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(given)}`);
}

const auditIdOf = (server: Server, { headers }: HttpRequest): string => headers.get('audit-id') ?? server.audit.newId();

/** Headers that every answer has, and the warnings that were collected on the way. */
function finish(reply: Reply, auditID: string, warnings: readonly string[], flow?: Route): Reply {
  if (!('status' in reply)) return reply;
  const headers = {
    'audit-id': auditID,
    'cache-control': 'no-cache, private',
    ...(flow && flowHeaders(flow)),
    ...reply.headers,
  };
  return { ...reply, headers, ...(warnings.length && { warnings }) };
}

/** A StatusError becomes its Status, in the form that the client takes; anything else is a fault of ours, and says so. */
function refusal(server: Server, request: HttpRequest, error: unknown): HttpReply {
  if (error instanceof Pending || error instanceof Queued) throw error;
  const { status } = error instanceof StatusError ? error : internalError(error instanceof Error ? error.message : String(error));
  if (!(error instanceof StatusError)) server.report(error);
  const reply = encode(negotiateStatus(request), status, server.types('meta.v1.Status'), status.code);
  const retry = status.details?.retryAfterSeconds;
  return retry ? { ...reply, headers: { ...reply.headers, 'retry-after': String(retry) } } : reply;
}

function pathReply({ server, request, info, user }: Omit<HandlerContext, 'resource'>): Reply | Promise<Reply> {
  const path = info.path.replace(/\/+$/, '') || '/';
  const document = discovery(server, request, path);
  if (document && request.method !== 'GET') throw methodNotAllowed();
  if (path === '/metrics') return metricsPage(metricsOf(server));
  if (path === '/metrics/slis') return metricsPage(healthIndicators(server));
  return (
    document ??
    flowControlDump(server.flow, path, request) ??
    healthPage(server, request, path) ??
    zPage(server, request, () => ({ component: 'kube-apiserver', ...server.process(), paths: rootPaths(server) })) ??
    issuerPage(server, path) ??
    openapi(server, request, path, user) ??
    notFoundPage()
  );
}

const metricsOf = (server: Server): readonly Metric[] => [
  buildInfo(server.version),
  ...server.metrics.metrics(),
  ...flowControlMetrics(server.flow),
  ...server.gauges(),
];
