// DeviceClasses: kinds of devices that administrators name. Mirrors pkg/registry/resource/deviceclass and pkg/apis/resource/validation.

import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ClusterReader } from '../../api/resource.ts';
import type { DeviceClass, DeviceClassSpec } from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { isExtendedResource } from '../core/pod/resource-list.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { MAX_CONFIG, validateConfiguration } from './claim-validation.ts';
import { dropDisabledOfClass } from './drop-disabled.ts';
import { eachOf } from './names.ts';
import { validateSelectors } from './selectors.ts';

export const deviceClasses = defineResource<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'deviceclasses',
  kind: 'DeviceClass',
  namespaced: false,
  schema: builtinType('resource.v1.DeviceClass'),
  returnDeleted: true,
  prepareForCreate: (deviceClass, { config }) => {
    dropDisabledOfClass(deviceClass.spec, config);
    deviceClass.metadata.generation = 1;
  },
  prepareForUpdate: (deviceClass, old, { config }) => {
    dropDisabledOfClass(deviceClass.spec, config);
    if (!isEqual(deviceClass.spec, old.spec)) nextGeneration(deviceClass, old);
  },
  validate: ({ spec }) => validateClass(spec, undefined),
  validateUpdate: ({ spec }, old) => validateClass(spec, old.spec),
  indexTerms: ({ spec }) => (spec.extendedResourceName === undefined ? [] : [resourceTerm(spec.extendedResourceName)]),
  columns: [NAME_COLUMN, AGE_COLUMN],
});

const resourceTerm = (name: string): string => `resource/${name}`;

/** Every class has an extended resource of this name, without saying so. */
export const CLASS_PREFIX = 'deviceclass.resource.kubernetes.io/';

/** Whether a resource that a pod asks for may be one that drivers of devices provide. */
export const isDeviceResource = (name: string): boolean => isExtendedResource(name) || name.startsWith(CLASS_PREFIX);

/** The class behind a resource's name: of several the newest, and of those that are as new the first by name. */
export function classOfResource(reader: ClusterReader, resource: string): DeviceClass | undefined {
  if (resource.startsWith(CLASS_PREFIX)) return reader.get(deviceClasses, '', resource.slice(CLASS_PREFIX.length));
  return reader
    .lookup(deviceClasses, resourceTerm(resource))
    .reduce<DeviceClass | undefined>((best, one) => (best && createdAt(one) <= createdAt(best) ? best : one), undefined);
}

const createdAt = ({ metadata }: DeviceClass): string => metadata.creationTimestamp ?? '';

/** Expressions and parameters that stay as they are were checked when they came. */
function validateClass({ selectors, config, extendedResourceName: name }: DeviceClassSpec, old: DeviceClassSpec | undefined): FieldError[] {
  const isConfigStored = !!old && isEqual(config, old.config);
  return [
    ...validateSelectors(selectors, 'spec.selectors', !!old && isEqual(selectors, old.selectors)),
    ...eachOf(config, MAX_CONFIG, 'spec.config', (one, at) => validateConfiguration(one, at, isConfigStored)),
    ...(name === undefined || isExtendedResource(name)
      ? []
      : [invalidField('spec.extendedResourceName', name, 'must be a valid extended resource name')]),
  ];
}
