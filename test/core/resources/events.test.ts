// Events by way of events.k8s.io: converted, and held to stricter rules than those of the older group.

import { expect, test } from 'vitest';
import { makeTestCluster } from '../harness.ts';
import { merged } from './kind-rules.ts';

const event = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'default' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'example.com/me',
  reportingInstance: 'me-1',
  action: 'Looking',
  reason: 'Looked',
  note: 'at it',
  type: 'Normal',
  regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
};
const PATH = '/apis/events.k8s.io/v1/namespaces/default/events';

// oxlint-disable-next-line typescript/no-explicit-any
const causesOf = ({ body }: { body: any }): string[] =>
  (body.details?.causes ?? []).map(({ field, message }: { field: string; message: string }) => `${field}: ${message}`);

test.each([
  { name: 'whole', change: {}, want: [] },
  { name: 'no time', change: { eventTime: null }, want: ['eventTime: Required value'] },
  {
    name: 'nobody who reports',
    change: { reportingController: null, reportingInstance: null },
    want: [
      'reportingController: Required value',
      'reportingController: Invalid value: "": name part must be non-empty',
      "reportingController: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'reportingInstance: Required value',
    ],
  },
  { name: 'no action and no reason', change: { action: null, reason: null }, want: ['action: Required value', 'reason: Required value'] },
  { name: 'a type of no kind', change: { type: 'Bad' }, want: ['type: Invalid value: "": has invalid value: Bad'] },
  {
    name: 'a series that is none',
    change: { series: { count: 1 } },
    want: ['series.count: Invalid value: "": should be at least 2', 'series.lastObservedTime: Required value'],
  },
  {
    name: 'the old form',
    change: {
      deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      deprecatedLastTimestamp: '2026-01-01T00:00:00Z',
      deprecatedCount: 3,
      deprecatedSource: { component: 'me' },
    },
    want: ['firstTimestamp', 'lastTimestamp', 'count', 'source'].map((field) => `${field}: Invalid value: "": needs to be unset`),
  },
])('creating: $name', async ({ change, want }) => {
  const reply = await makeTestCluster({ alone: true }).request('POST', PATH, merged(event, change));
  expect(causesOf(reply)).toEqual(want);
  expect(reply.status).toBe(want.length ? 422 : 201);
});

test.each([
  { name: 'a series', change: { series: { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' } }, want: [] },
  { name: 'a label', change: { metadata: { labels: { a: 'b' } } }, want: [] },
  {
    name: 'what it says',
    change: { note: 'away', reason: 'Left', type: 'Warning', action: 'Leaving', reportingInstance: 'me-2' },
    want: [
      'reason: Invalid value: "Left": field is immutable',
      'message: Invalid value: "away": field is immutable',
      'type: Invalid value: "Warning": field is immutable',
      'action: Invalid value: "Leaving": field is immutable',
      'reportingInstance: Invalid value: "me-2": field is immutable',
    ],
  },
  {
    name: 'when and of what',
    change: { eventTime: '2026-01-01T00:00:09.000000Z', regarding: { name: 'q' }, related: { kind: 'Node', name: 'n' } },
    want: [
      'involvedObject: Invalid value: {"Kind":"Pod","Namespace":"default","Name":"q","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
      'eventTime: Invalid value: "2026-01-01T00:00:09.000000Z": field is immutable',
      'related: Invalid value: {"Kind":"Node","Namespace":"","Name":"n","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
    ],
  },
])('updating: $name', async ({ change, want }) => {
  const cluster = makeTestCluster({ alone: true });
  await cluster.request('POST', PATH, event);
  const reply = await cluster.request('PUT', `${PATH}/e`, merged(event, change));
  expect(causesOf(reply)).toEqual(want);
  expect(reply.status).toBe(want.length ? 422 : 200);
});

test('the older group takes the old form, and shows it in both', async () => {
  const cluster = makeTestCluster({ alone: true });
  const old = {
    metadata: { name: 'o' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    reason: 'Looked',
    count: 3,
    source: { component: 'me' },
  };
  expect(await cluster.request('POST', '/api/v1/namespaces/default/events', old)).toMatchObject({ status: 201 });
  expect(await cluster.request('GET', `${PATH}/o`)).toMatchObject({
    body: { regarding: { name: 'p' }, reason: 'Looked', deprecatedCount: 3, deprecatedSource: { component: 'me' } },
  });
});
