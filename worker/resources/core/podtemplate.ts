// PodTemplates. Mirrors pkg/registry/core/podtemplate.

import { column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { PodTemplate } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { dropDisabled, labelsText, templateWarnings } from '../workload.ts';
import { defaultPodTemplate, validatePodTemplate } from './pod-template.ts';

export const podTemplates = defineResource<PodTemplate>({
  group: '',
  version: 'v1',
  resource: 'podtemplates',
  kind: 'PodTemplate',
  namespaced: true,
  returnDeleted: true,
  createOnUpdate: true,
  schema: builtinType('core.v1.PodTemplate'),
  default: ({ template }) => defaultPodTemplate(template),
  prepareForCreate: ({ metadata, template }) => {
    metadata.generation = 1;
    dropDisabled(template, undefined);
  },
  prepareForUpdate: (object, old) => {
    dropDisabled(object.template, old.template);
    if (!isEqual(object.template, old.template)) nextGeneration(object, old);
  },
  validate: ({ template }) => validatePodTemplate(template, 'template'),
  warnings: (object, old) => templateWarnings(object, object.template, old, 'template'),
  columns: [
    NAME_COLUMN,
    column('Containers', ({ template }) => (template.spec.containers ?? []).map(({ name }) => name).join(','), {
      description: 'Names of each container in the template.',
    }),
    column('Images', ({ template }) => (template.spec.containers ?? []).map(({ image }) => image ?? '').join(','), {
      description: 'Images referenced by each container in the template.',
    }),
    column('Pod Labels', ({ template }) => labelsText(template.metadata.labels), { description: 'The labels for the pod template.' }),
  ],
});
