// CustomResourceDefinitions. What they make is in resources/custom, what accepts their names and deletes their objects in controllers/crd. Mirrors
// apiextensions-apiserver pkg/registry/customresourcedefinition and pkg/apis/apiextensions.

import { defineResource } from '../../api/resource.ts';
import type { ResourceContext } from '../../api/resource.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../../api/gen/apiextensions-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import { isKnownFormat } from '../../lib/string-formats.ts';
import { formatTime } from '../../lib/time.ts';
import { builtinType } from '../schema/index.ts';
import { emptyStatus, keepOnlyStatus, keepStatus, nextGeneration } from '../strategy.ts';
import { schemasIn } from './validation/schema-walk.ts';
import { validateCrd, validateCrdStatus, validateCrdUpdate } from './validation/crd.ts';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

const schema = builtinType('apiextensions.v1.CustomResourceDefinition');

export const customResourceDefinitions = defineResource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  bucket: 'apiextensions.k8s.io/customresourcedefinitions',
  updateMustNameRevision: true,
  schema,
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      resetFields: ['metadata', 'spec'],
      prepareForUpdate: keepOnlyStatus,
      validateUpdate: (object) => validateCrdStatus(object as CustomResourceDefinition),
    },
  },
  default: setDefaults,
  prepareForCreate: (crd) => {
    crd.status = emptyStatus(schema);
    crd.status.storedVersions = versionsOf(crd)
      .filter(({ storage }) => storage)
      .map(({ name }) => name)
      .slice(0, 1);
    crd.metadata.generation = 1;
  },
  prepareForUpdate: (crd, old) => {
    keepStatus(crd, old);
    const storage = versionsOf(crd).find((one) => one.storage)?.name;
    if (storage !== undefined && !(crd.status.storedVersions ?? []).includes(storage))
      crd.status = { ...crd.status, storedVersions: [...(crd.status.storedVersions ?? []), storage] };
    if (!isEqual(crd.spec, old.spec)) nextGeneration(crd, old);
  },
  validateName: nameIsDnsSubdomain,
  validate: validateCrd,
  validateUpdate: validateCrdUpdate,
  warnings: (crd, old) => {
    const before = new Set(old && warningsOf(old));
    return warningsOf(crd).filter((one) => !before.has(one));
  },
  prepareForDelete,
});

/** A list that was not given is null in Go's form. */
const versionsOf = ({ spec }: CustomResourceDefinition): CustomResourceDefinitionVersion[] => spec.versions ?? [];

function setDefaults({ spec }: CustomResourceDefinition): void {
  const { names } = spec;
  if (!names.singular && names.kind) names.singular = names.kind.toLowerCase();
  if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
  const { plural, singular, shortNames, kind, listKind, categories } = names;
  spec.names = {
    plural,
    ...(singular && { singular }),
    ...(shortNames && { shortNames }),
    kind,
    ...(listKind && { listKind }),
    ...(categories && { categories }),
  };
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
}

/** Its objects go first: controllers/crd/finalizer.ts. */
function prepareForDelete(crd: CustomResourceDefinition, { now }: ResourceContext): void {
  const finalizers = crd.metadata.finalizers ?? [];
  if (!finalizers.includes(CLEANUP_FINALIZER)) crd.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
  const pending: CustomResourceDefinitionCondition = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: formatTime(now()),
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const others = (crd.status.conditions ?? []).filter(({ type }) => type !== 'Terminating');
  crd.status = { ...crd.status, conditions: [...others, pending] };
}

function warningsOf({ spec }: CustomResourceDefinition): string[] {
  const formats: string[] = [];
  const sets = new Set<string>();
  for (const { schema: version } of spec.versions ?? []) {
    for (const one of version?.openAPIV3Schema ? schemasIn(version.openAPIV3Schema) : []) {
      if (one.format && !isKnownFormat(one.format)) formats.push(`unrecognized format ${JSON.stringify(one.format)}`);
      const items = one.items as JSONSchemaProps | undefined;
      if (one['x-kubernetes-list-type'] === 'set' && (items?.type === 'object' || items?.type === 'array'))
        sets.add(
          `x-kubernetes-list-type: set for items of type ${JSON.stringify(items.type)} is not supported by server-side apply or CEL validation rules`,
        );
    }
  }
  return [...new Set([...formats, ...[...sets].sort()])];
}
