import { defineResource } from '../../api/resource.ts';
import type { ControllerRevision } from '../../api/gen/apps-v1.ts';
import { builtinType } from '../schema/index.ts';

export const controllerRevisions = defineResource<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  resource: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
  schema: builtinType('apps.v1.ControllerRevision'),
});
