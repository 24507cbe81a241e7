// The binding subresource of pods: puts a pod that has no node yet on one. Mirrors BindingREST of pkg/registry/core/pod/storage.

import { notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Binding, Pod } from '../../api/gen/core-v1.ts';
import type { ActionContext, CreateSubresource } from '../../api/resource.ts';
import { conflict, invalid, notFound } from '../../api/status.ts';
import { builtinType } from '../schema/index.ts';
import { withPodCondition } from './pod-state.ts';

const BINDING = { group: '', resource: 'pods/binding' };

export const podBinding: CreateSubresource = {
  type: 'create',
  verbs: ['create'],
  group: '',
  version: 'v1',
  kind: 'Binding',
  schema: builtinType('core.v1.Binding'),
  create: (body, target, context) => bind(body as Binding, target as Pod | undefined, context),
};

function bind(binding: Binding, pod: Pod | undefined, context: ActionContext): object {
  const errors = targetErrors(binding);
  if (errors.length) throw invalid({ group: '', kind: 'Binding' }, context.name, errors);
  if (!pod) throw notFound({ group: '', resource: 'pods' }, context.name);
  const refusal = refusalOf(binding, pod);
  if (refusal) throw conflict(BINDING, context.name, refusal);
  const { nominatedNodeName: _, ...status } = pod.status;
  const { labels, annotations } = binding.metadata;
  const bound: Pod = {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(annotations && { annotations: { ...pod.metadata.annotations, ...annotations } }),
      ...(labels && { labels: { ...pod.metadata.labels, ...labels } }),
    },
    spec: { ...pod.spec, nodeName: binding.target.name! },
    status: { ...status, conditions: withPodCondition(status.conditions, { type: 'PodScheduled', status: 'True' }, context.now()) },
  };
  context.store(context.reader.resourceOf('', 'Pod')!, bound);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** Differs: upstream's answer to a bad target is a bare 500 with the same sentences. */
function targetErrors({ target }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  if (target.kind && target.kind !== 'Node') errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']));
  if (!target.name) errors.push(requiredField('target.name'));
  return errors;
}

function refusalOf({ metadata: given }: Binding, { metadata, spec }: Pod): string | undefined {
  if (given.uid && given.uid !== metadata.uid)
    return `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${metadata.uid}`;
  if (given.resourceVersion && given.resourceVersion !== metadata.resourceVersion)
    return `Precondition failed: ResourceVersion in precondition: ${given.resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
  if (metadata.deletionTimestamp) return `pod ${metadata.name} is being deleted, cannot be assigned to a host`;
  if (spec.nodeName) return `pod ${metadata.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`;
  if (spec.schedulingGates?.length) return `pod ${metadata.name} has non-empty .spec.schedulingGates`;
  return undefined;
}
