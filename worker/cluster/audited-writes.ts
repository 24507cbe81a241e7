// Components' writes in the audit log, as those of clients would stand there. What components read they would have watched for, and is not asked for here.

import { Pending } from '../api/admission.ts';
import { apiVersionOf } from '../api/resource.ts';
import { StatusError } from '../api/status.ts';
import type { AuditLog } from '../server/audit/audited.ts';
import { sentOf, unmanaged, wantsRequest } from '../server/audit/audited.ts';
import { lineOf } from '../server/audit/event.ts';
import type { Occurrence } from '../server/audit/event.ts';
import { evaluate } from '../server/audit/policy.ts';
import type { Stage } from '../server/audit/policy.ts';
import { authorize } from '../server/authorization/authorize.ts';
import type { Server } from '../server/context.ts';
import type { RequestInfo } from '../server/request-info.ts';
import type { ComponentWrite } from './component-writes.ts';
import type { Writer } from './writer.ts';

export function auditWrite<R>(
  server: Server,
  log: AuditLog,
  { user, userAgent, sourceIPs }: Writer,
  write: ComponentWrite,
  given: RequestInfo,
  work: () => R,
): R {
  // An object that is created has its name in itself.
  const isNew = write.method === 'POST' && write.subresource === '';
  const isPatch = isKubeletsPatch(user, write);
  const info: RequestInfo = { ...given, ...(isNew && { name: '' }), ...(isPatch && { verb: 'patch' }) };
  const { settings } = log;
  const verdict = evaluate(settings.policy, info, user);
  if (!verdict) return work();
  const clean = (object: object): object => (verdict.omitManagedFields ? unmanaged(object) : object);
  const body = write.body as { metadata?: Record<string, unknown>; status?: unknown } | undefined;
  const now = server.now();
  const known = {
    verdict,
    auditID: server.audit.newId(),
    requestURI: pathOf(info),
    info,
    user,
    sourceIPs,
    userAgent,
    // What a patch or a deletion says of itself nobody looks at.
    sent: (info.verb === 'create' || info.verb === 'update') && body?.metadata ? sentOf(body.metadata) : undefined,
    requestObject: body && wantsRequest(verdict) ? JSON.stringify(isPatch ? patchOf(body) : clean(typed(body, write))) : undefined,
    receivedAt: now,
    at: now,
    annotations: rightOf(server, user, info),
  };
  const finish = (outcome: Pick<Occurrence, 'response' | 'responseObject'>): void => {
    const event = { ...known, ...outcome };
    const say = (stage: Stage): void => {
      if (!verdict.omits(stage)) log.write(lineOf(event, stage, settings.format), () => lineOf(event, stage, 'legacy'));
    };
    say('RequestReceived');
    say('ResponseComplete');
  };
  const wantsResponse = verdict.level === 'RequestResponse';
  try {
    const done = work();
    const object = wantsResponse && typeof done === 'object' && done !== null ? JSON.stringify(clean(done)) : undefined;
    finish({ response: { code: write.method === 'POST' ? 201 : 200 }, responseObject: object });
    return done;
  } catch (error) {
    if (error instanceof StatusError)
      finish({ response: error.status, responseObject: wantsResponse ? JSON.stringify(error.status) : undefined });
    else if (!(error instanceof Pending)) finish({ response: { code: 500 } });
    throw error;
  }
}

/** A kubelet patches the status of its node and of its pods. */
const isKubeletsPatch = ({ name }: Writer['user'], { subresource, resource }: ComponentWrite): boolean =>
  subresource === 'status' && name.startsWith('system:node:') && (resource.resource === 'pods' || resource.resource === 'nodes');

/** Differs: has all of the status, and not only what is new. */
const patchOf = ({ metadata, status }: { metadata?: Record<string, unknown>; status?: unknown }): object => ({
  metadata: { uid: metadata?.['uid'] },
  status,
});

/** With its kind, which goes without saying among components. */
function typed(body: object, { method, resource, subresource }: ComponentWrite): object {
  if ('kind' in body) return body;
  if (method === 'DELETE') return { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...body };
  return subresource && subresource !== 'status' ? body : { kind: resource.kind, apiVersion: apiVersionOf(resource), ...body };
}

function pathOf({ group, version, namespace, resource, name, subresource }: RequestInfo): string {
  const isNamespace = resource === 'namespaces' && group === '';
  const parts = [
    ...(group ? ['apis', group] : ['api']),
    version,
    ...(namespace && !isNamespace ? ['namespaces', namespace] : []),
    resource,
    ...[name, subresource].filter(Boolean),
  ];
  return `/${parts.join('/')}`;
}

/** Components may do what they do, whatever their roles say; the log says by which of these. */
function rightOf(server: Server, user: Writer['user'], info: RequestInfo): Readonly<Record<string, string>> {
  const annotations: Record<string, string> = {};
  try {
    authorize(server, user, info, annotations);
    return annotations;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' };
  }
}
