// x-kubernetes-validations: what a rule refuses and how, transitions, ratcheting, and which rules a CRD may have.

import { beforeEach, describe, expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { CRDS, crdOf, install, MERGE, widget, WIDGETS } from './crds.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = makeTestCluster();
});

const text = { type: 'string' };
const whole = { type: 'integer' };
const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });
const rules = (...list: object[]): object => ({ 'x-kubernetes-validations': list });

describe('a rule', () => {
  const SPEC = object(
    {
      min: { ...whole, default: 0 },
      max: { ...whole, default: 5 },
      name: text,
      frozen: { ...text, ...rules({ rule: 'self == oldSelf', message: 'frozen is immutable' }) },
      once: { ...text, ...rules({ rule: 'oldSelf.hasValue() || self == "first"', optionalOldSelf: true }) },
      list: { type: 'array', items: { ...whole, ...rules({ rule: 'self > 0' }) } },
      map: { type: 'object', additionalProperties: { ...text, ...rules({ rule: 'self.size() < 3', message: 'too long' }) } },
      parts: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: object(
          { name: text, size: { ...whole, ...rules({ rule: 'self >= oldSelf', message: 'may not shrink' }) } },
          { required: ['name'] },
        ),
      },
      when: { type: 'string', format: 'date-time', ...rules({ rule: "self > timestamp('2020-01-01T00:00:00Z')", message: 'too old' }) },
      port: { 'x-kubernetes-int-or-string': true, ...rules({ rule: 'type(self) == int ? self < 100 : true' }) },
      'with-dash': { ...whole, default: 1 },
      namespace: text,
      divisor: whole,
    },
    rules(
      { rule: 'self.min <= self.max', message: 'min must not exceed max' },
      {
        rule: "!has(self.name) || self.name.startsWith('x-')",
        messageExpression: "'bad name ' + self.name",
        fieldPath: '.name',
        reason: 'FieldValueForbidden',
      },
      { rule: 'self.with__dash__dash > 0', fieldPath: '.with-dash', reason: 'FieldValueRequired' },
      { rule: '!has(self.__namespace__) || self.__namespace__ != "kube-system"' },
      { rule: '!has(self.divisor) || 10 / self.divisor > 0' },
    ),
  );
  beforeEach(() => install(cluster, crdOf({ spec: SPEC })));

  test.each<{ name: string; spec: object; want: string }>([
    { name: 'about an object', spec: { min: 9 }, want: 'spec: Invalid value: min must not exceed max' },
    { name: 'with a message that is worked out', spec: { name: 'y' }, want: 'spec.name: Forbidden: bad name y' },
    {
      name: 'of an escaped name',
      spec: { 'with-dash': 0 },
      want: 'spec.with-dash: Required value: failed rule: self.with__dash__dash > 0',
    },
    {
      name: 'of a reserved name',
      spec: { namespace: 'kube-system' },
      want: 'spec: Invalid value: failed rule: !has(self.__namespace__) || self.__namespace__ != "kube-system"',
    },
    { name: 'about items', spec: { list: [1, -1] }, want: 'spec.list[1]: Invalid value: -1: failed rule: self > 0' },
    { name: 'about values', spec: { map: { k: 'long' } }, want: 'spec.map[k]: Invalid value: "long": too long' },
    {
      name: 'that there was nothing before',
      spec: { once: 'second' },
      want: 'spec.once: Invalid value: "second": failed rule: oldSelf.hasValue() || self == "first"',
    },
    { name: 'about a time', spec: { when: '2019-01-01T00:00:00Z' }, want: 'spec.when: Invalid value: "2019-01-01T00:00:00Z": too old' },
    {
      name: 'about what may be two things',
      spec: { port: 100 },
      want: 'spec.port: Invalid value: 100: failed rule: type(self) == int ? self < 100 : true',
    },
    {
      name: 'that fails',
      spec: { divisor: 0 },
      want: 'spec: Invalid value: "object": division by zero evaluating rule: !has(self.divisor) || 10 / self.divisor > 0',
    },
  ])('$name', async ({ spec, want }) => {
    expect(statusOf(await cluster.request('POST', WIDGETS, widget(spec))).message).toBe(`Widget.example.com "a" is invalid: ${want}`);
  });

  test('is not looked at where the schema has refused already', async () => {
    const { message, details } = statusOf(await cluster.request('POST', WIDGETS, widget({ min: 'x' })));
    expect(message).toBe(
      'Widget.example.com "a" is invalid: [spec.min: Invalid value: "string": spec.min in body must be of type integer: "string", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
    );
    expect(details!.causes!.at(-1)).toEqual({
      reason: 'FieldValueInvalid',
      message:
        'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      field: '<nil>',
    });
  });

  test('may speak of what was before', async () => {
    const made = await cluster.request(
      'POST',
      WIDGETS,
      widget({
        frozen: 'a',
        once: 'first',
        port: 'http',
        parts: [
          { name: 'p', size: 2 },
          { name: 'q', size: 5 },
        ],
      }),
    );
    expect(made.status).toBe(201);
    const change = async (spec: object): Promise<string | undefined> =>
      statusOf(await cluster.request('PATCH', `${WIDGETS}/a`, { spec }, MERGE)).message;
    expect(await change({ frozen: 'b' })).toBe('Widget.example.com "a" is invalid: spec.frozen: Invalid value: "b": frozen is immutable');
    expect(
      await change({
        parts: [
          { name: 'q', size: 4 },
          { name: 'new', size: 1 },
        ],
      }),
    ).toBe('Widget.example.com "a" is invalid: spec.parts[0].size: Invalid value: 4: may not shrink');
    expect(await change({ once: 'second', frozen: null })).toBeUndefined();
  });

  test('what an update leaves as it was is not held against it', async () => {
    await cluster.request('POST', WIDGETS, widget({ name: 'x-1' }));
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/name/x-kubernetes-validations';
    await cluster.request('PATCH', `${CRDS}/widgets.example.com`, [{ op: 'add', path, value: [{ rule: 'self.size() > 5' }] }], {
      'content-type': 'application/json-patch+json',
    });
    expect((await cluster.request('PATCH', `${WIDGETS}/a`, { metadata: { labels: { a: 'b' } } }, MERGE)).status).toBe(200);
    expect((await cluster.request('PATCH', `${WIDGETS}/a`, { spec: { max: 6 } }, MERGE)).status).toBe(200);
    expect(statusOf(await cluster.request('PATCH', `${WIDGETS}/a`, { spec: { name: 'x-2' } }, MERGE)).message).toBe(
      'Widget.example.com "a" is invalid: spec.name: Invalid value: "x-2": failed rule: self.size() > 5',
    );
  });
});

describe('of a CRD is refused a rule', () => {
  const withRule = (field: object, ...list: object[]): object => crdOf({ a: { ...field, ...rules(...list) } });
  const PATH = 'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-validations[0]';
  test.each<{ name: string; crd: object; want: string }>([
    { name: 'that is empty', crd: withRule(whole, { rule: '' }), want: `${PATH}.rule: Required value: rule is not specified` },
    {
      name: 'that is no expression',
      crd: withRule(whole, { rule: 'self >' }),
      want: `${PATH}.rule: Invalid value: <rule>: compilation failed: ERROR: <input>:1:7: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self >\n | ......^`,
    },
    {
      name: 'of the wrong types',
      crd: withRule(whole, { rule: "self > 'x'" }),
      want: `${PATH}.rule: Invalid value: <rule>: compilation failed: ERROR: <input>:1:6: found no matching overload for '_>_' applied to '(int, string)'\n | self > 'x'\n | .....^`,
    },
    {
      name: 'that is not true or false',
      crd: withRule(whole, { rule: 'self + 1' }),
      want: `${PATH}.rule: Invalid value: <rule>: cel expression must evaluate to a bool`,
    },
    {
      name: 'with a message that is no text',
      crd: withRule(whole, { rule: 'self > 1', messageExpression: '1' }),
      want: `${PATH}.messageExpression: Invalid value: <rule>: messageExpression must evaluate to a string`,
    },
    {
      name: 'with an unknown reason',
      crd: withRule(whole, { rule: 'self > 1', reason: 'Because' }),
      want: `${PATH}.reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
    },
    {
      name: 'about a field that is not there',
      crd: withRule(object({}), { rule: 'true', fieldPath: '.x' }),
      want: `${PATH}.fieldPath: Invalid value: ".x": must be a valid path`,
    },
    {
      name: 'of several lines without a message',
      crd: withRule(whole, { rule: 'self >\n1' }),
      want: `${PATH}.message: Required value: message must be specified if rule contains line breaks`,
    },
    {
      name: 'about the past of what cannot be told apart',
      crd: crdOf({ a: { type: 'array', items: { ...whole, ...rules({ rule: 'self > oldSelf' }) } } }),
      want: 'spec.validation.openAPIV3Schema.properties[a].items.x-kubernetes-validations[0].rule: Invalid value: "self > oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[a]',
    },
    {
      name: 'that needs no past',
      crd: withRule(whole, { rule: 'self > 1', optionalOldSelf: true }),
      want: `${PATH}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`,
    },
    {
      name: 'that costs too much',
      crd: withRule(
        { type: 'array', items: { type: 'array', items: text } },
        { rule: 'self.all(x, x.all(y, self.all(z, z.all(w, w == y))))' },
      ),
      want: `${PATH}.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared), spec.validation.openAPIV3Schema.properties[a].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema, spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`,
    },
  ])('$name', async ({ crd, want }) => {
    const message = statusOf(await cluster.request('POST', CRDS, crd)).message!.replaceAll(
      /apiextensions\.ValidationRule\{.*?\)\}/gs,
      '<rule>',
    );
    const [, list, single] = /^CustomResourceDefinition.apiextensions.k8s.io "widgets.example.com" is invalid: (?:\[(.*)\]|(.*))$/s.exec(
      message,
    )!;
    expect(list ?? single).toBe(want);
  });

  test('but not one whose bounds keep it cheap', async () => {
    const bounded = { type: 'array', maxItems: 10, items: { type: 'array', maxItems: 10, items: { ...text, maxLength: 10 } } };
    expect((await cluster.request('POST', CRDS, withRule(bounded, { rule: 'self.all(x, x.all(y, y.startsWith("a")))' }))).status).toBe(201);
  });
});
