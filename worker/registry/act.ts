// Subresources that are asked to do something: a body of their own kind goes in, an answer comes out (binding, eviction).

import type { KubeObject } from '../api/object.ts';
import type { Call } from '../api/registry.ts';
import type { ActionContext, Resource } from '../api/resource.ts';
import { badRequest, methodNotAllowed } from '../api/status.ts';
import { readBody } from './body.ts';
import { admissionContextOf, contextOf, findEntry, writeObject } from './core.ts';
import type { Core } from './core.ts';
import { createOptions } from './create.ts';
import { applySchemaDefaults } from './defaults.ts';
import { deleteObject } from './delete.ts';

export function act(
  core: Core,
  resource: Resource,
  subresource: string,
  namespace: string,
  name: string,
  given: unknown,
  call: Call,
): object {
  const action = resource.subresources[subresource];
  if (action?.type !== 'create' || !action.create) throw methodNotAllowed();
  const body = readBody(given, action, call);
  if (!resource.decode) applySchemaDefaults(body, action.schema);
  if (body.metadata.namespace && body.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (body.metadata.name && body.metadata.name !== name) throw badRequest(`name in URL does not match name in ${action.kind} object`);
  const admission = admissionContextOf(core, call);
  const request = {
    operation: 'CREATE' as const,
    resource,
    subresource,
    namespace,
    name,
    object: body,
    old: undefined,
    options: createOptions(call, 'CreateOptions'),
    warn: call.warn,
    annotate: call.annotate,
  };
  core.admission.admit(request, admission);
  core.admission.validate(request, admission);
  const context: ActionContext = {
    ...contextOf(core, call),
    name,
    namespace,
    store: (target, object) => overwrite(core, target, object, call),
    delete: (target, inNamespace, targetName, options) => {
      deleteObject(core, target, inNamespace, targetName, options, call);
    },
  };
  return action.create(body, findEntry(core, resource, namespace, name)?.value, context);
}

/** Stores a changed copy past the kind's rules: an action may do what an update may not. */
function overwrite(core: Core, resource: Resource, object: KubeObject, call: Call): KubeObject {
  const entry = findEntry(core, resource, object.metadata.namespace ?? '', object.metadata.name);
  if (!entry || call.dryRun) return object;
  return writeObject(core, resource, { ...object, metadata: { ...object.metadata } }, entry).value;
}
