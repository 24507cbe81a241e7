import { expect, test } from 'vitest';
import { missingPart } from '../../../../worker/server/openapi/remote.ts';

const known = {
  paths: { '/apis/a/v1/things': { get: { responses: {} } } },
  definitions: { Meta: { type: 'object' }, Time: { type: 'string' }, Time_v2: { type: 'integer' } },
  parameters: { pretty: { in: 'query', name: 'pretty', type: 'string' } },
};
const nothing = { paths: {}, definitions: {}, parameters: {} };
const ofKind = (kind: string) => ({ 'x-kubernetes-group-version-kind': [{ group: 'a', kind, version: 'v1' }] });
const pathOf = ($ref: string) => ({ get: { responses: { '200': { schema: { $ref } } } } });

test.each<{ name: string; given: Parameters<typeof missingPart>[1]; want: ReturnType<typeof missingPart> }>([
  {
    name: 'what is new',
    given: { ...nothing, definitions: { A: { type: 'object' } } },
    want: { ...nothing, definitions: { A: { type: 'object' } } },
  },
  {
    name: 'nothing of a path that is known',
    given: { ...nothing, paths: { '/apis/a/v1/things': pathOf('#/definitions/A'), '/apis/b/v1/things': pathOf('#/definitions/Meta') } },
    want: { ...nothing, paths: { '/apis/b/v1/things': pathOf('#/definitions/Meta') } },
  },
  {
    name: 'nothing that is the same, whichever kinds have it',
    given: { ...nothing, definitions: { Meta: { type: 'object', ...ofKind('A') } } },
    want: nothing,
  },
  {
    name: 'what has the name of something else, under another name',
    given: {
      paths: { '/apis/b/v1/things': pathOf('#/definitions/Meta') },
      definitions: { Meta: { type: 'object', properties: { at: { $ref: '#/definitions/Time' } } }, Time: { type: 'number' } },
      parameters: { pretty: { in: 'query', name: 'pretty', type: 'boolean' } },
    },
    want: {
      paths: { '/apis/b/v1/things': pathOf('#/definitions/Meta_v2') },
      definitions: { Meta_v2: { type: 'object', properties: { at: { $ref: '#/definitions/Time_v3' } } }, Time_v3: { type: 'number' } },
      parameters: { pretty_v2: { in: 'query', name: 'pretty', type: 'boolean' } },
    },
  },
  {
    name: 'the one that was given another name before',
    given: { ...nothing, definitions: { Time: { type: 'integer' }, A: { $ref: '#/definitions/Time' } } },
    want: { ...nothing, definitions: { A: { $ref: '#/definitions/Time_v2' } } },
  },
  {
    name: 'nothing of what is no such document',
    given: { ...nothing, paths: { '/apis/b/v1/things': { get: { responses: { '200': null } } } } },
    want: undefined,
  },
])('adds $name', ({ given, want }) => {
  expect(missingPart(known, given)).toEqual(want);
});
