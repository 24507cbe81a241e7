// agnhost liveness: says that it is well for ten seconds, and that it is not from then on.

import { formatDuration } from '../../../lib/time.ts';
import { formOf, httpAt, notFound, redirect, server, text } from './server.ts';

const WELL_MS = 10_000;

export const liveness = server({
  subcommand: 'liveness',
  listeners: () => [
    httpAt(8080, (request, context) => {
      const age = context.now() - context.startedAt;
      switch (request.path) {
        case '/started':
          return text(formatDuration(age));
        case '/healthz':
          return age > WELL_MS ? text(`error: ${age / 1000}`, 500) : text('ok');
        case '/redirect':
          return redirect(request, decodeURIComponent(formOf(request).get('loc') ?? ''), 302);
        default:
          return notFound();
      }
    }),
  ],
});
