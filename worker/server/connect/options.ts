// What a connection is asked for by its query: PodExecOptions and their like, which admission sees. Fields that say nothing are left out.

import type { HandlerContext } from '../context.ts';
import type { Query } from '../http.ts';

export function connectOptions({ request: { query }, info, resource }: HandlerContext): object {
  const subresource = resource.subresources[info.subresource];
  const kind = subresource?.type === 'connect' ? subresource.kind : '';
  return { kind, apiVersion: 'v1', ...fieldsOf(kind, query, info.rest) };
}

function fieldsOf(kind: string, query: Query, rest: readonly string[]): object {
  switch (kind) {
    case 'PodExecOptions': {
      const command = query.all('command');
      return { ...streams(query), ...(command.length && { command }) };
    }
    case 'PodAttachOptions':
      return streams(query);
    case 'PodPortForwardOptions': {
      const ports = query.all('ports').flatMap((one) => one.split(',').map(Number));
      return ports.length ? { ports } : {};
    }
    default:
      return rest.length ? { path: `/${rest.join('/')}` } : {};
  }
}

function streams(query: Query): object {
  const container = query.get('container');
  return {
    ...Object.fromEntries(['stdin', 'stdout', 'stderr', 'tty'].flatMap((name) => (query.isTrue(name) ? [[name, true]] : []))),
    ...(container && { container }),
  };
}
