// agnhost grpc-health-checking: answers gRPC's health checks, and can be told by HTTP to say that it is not well.

import { formatDuration } from '../../../lib/time.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { Health, ServiceContext } from '../../process/program.ts';
import { flag, numberFlag } from './flags.ts';
import { httpAt, logTo, notFound, server, text } from './server.ts';

const portOf = (keep: Parameters<typeof flag>[0]): number => numberFlag(keep, 'port', 5000);
const httpPortOf = (keep: Parameters<typeof flag>[0]): number => numberFlag(keep, 'http-port', 8080);

export const grpcHealthChecking = server({
  subcommand: 'grpc-health-checking',
  lines: (keep) => [`Http server starting to listen on :${httpPortOf(keep)}`, `gRPC server starting to listen on :${portOf(keep)}`],
  listeners: (keep) => [httpAt(httpPortOf(keep), tell), { port: portOf(keep), address: '0.0.0.0', serve: () => {}, health: check }],
});

function tell({ path }: HttpRequest, context: ServiceContext): HttpAnswer {
  if (path !== '/make-serving' && path !== '/make-not-serving') return notFound();
  const isWell = path === '/make-serving';
  logTo(context, `Mark as ${isWell ? 'healthy' : 'unhealthy'}`);
  context.memory.set({ isWell });
  return text(formatDuration(context.now() - context.startedAt));
}

function check(service: string, context: ServiceContext): Health {
  logTo(context, `Serving the Check request for health check, started at ${new Date(context.startedAt).toISOString()}`);
  if (service !== (flag(context, 'service') ?? '')) return 'unknown';
  const told = context.memory.get<{ readonly isWell: boolean }>();
  const limit = numberFlag(context, 'delay-unhealthy-sec', -1);
  const isTired = limit >= 0 && context.now() - context.startedAt >= limit * 1000;
  return told?.isWell === false || isTired ? 'NOT_SERVING' : 'SERVING';
}
