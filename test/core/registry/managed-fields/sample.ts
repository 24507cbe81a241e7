// A type with one of everything that ownership tells apart, and a generator of its objects.

import { parseTypes, scalar } from '../../../../worker/api/schema.ts';
import type { StructType } from '../../../../worker/api/schema.ts';
import type { Random } from '../../../../worker/lib/host.ts';

const lookup = parseTypes({
  'test.v1': `
Thing
  kind? string -
  apiVersion? string -
  metadata? Meta 1
  spec? Spec 2
  status? Status 3
Meta
  name? string 1
  labels? {}string 2
  finalizers? []string 3 set
Spec
  count? int32 1
  enabled? bool 2
  text? string 3
  amount? Quantity 4
  port? IntOrString 5
  names? []string 6 atomic
  tags? []string 7 set
  items? []Item 8 map=name
  ports? []Port 9 map=number,protocol
  selector? Selector 10
  options? {}string 11 atomic
  limits? {}Limit 12
  nested? *Spec 13
  raw? RawExtension 14
  any? any 15
Item
  name string 1
  value? string 2
  list? []string 3 atomic
  sub? []Item 4 map=name
Port
  number int32 1
  protocol? string 2 default="TCP"
  label? string 3
Selector atomic
  match? {}string 1
Limit
  max? int32 1
  min? int32 2
Status
  ready? int32 1
  conditions? []Item 2 map=name
`,
});

export const thing: StructType = lookup('test.v1.Thing');

/** The same as custom resources may have it: what the schema does not name is kept. */
export const openThing: StructType = {
  ...thing,
  fields: new Map([
    ...thing.fields,
    ['spec', { ...thing.fields.get('spec')!, type: { ...(thing.fields.get('spec')!.type as StructType), preserveUnknownFields: true } }],
    ['data', { name: 'data', type: scalar('any'), omit: 'empty', pointer: false, optional: true, wrapped: false }],
  ]),
};

type Spec = Record<string, unknown>;

/** A random object with `name`; small, so that two of them have much in common. */
export function randomThing(random: Random): { metadata: Record<string, unknown>; spec: Spec } {
  const maybe = <T>(make: () => T): T | undefined => (random.below(2) === 0 ? make() : undefined);
  const pick = <T>(...values: readonly T[]): T => values[random.below(values.length)]!;
  const some = <T>(...values: readonly T[]): T[] => values.filter(() => random.below(2) === 0);
  const item = (name: string, depth = 0): object =>
    given({
      name,
      value: maybe(() => pick('x', 'y')),
      list: maybe(() => some('a', 'b')),
      sub: depth < 1 ? maybe(() => some('p', 'q').map((one) => item(one, depth + 1))) : undefined,
    });
  const spec = (depth = 0): Spec =>
    given({
      count: maybe(() => pick(1, 2)),
      enabled: maybe(() => pick(true, false)),
      text: maybe(() => pick('x', 'y')),
      amount: maybe(() => pick('1', '500m')),
      port: maybe(() => pick<unknown>(80, 'http')),
      names: maybe(() => some('a', 'b')),
      tags: maybe(() => some('a', 'b', 'c')),
      items: maybe(() => some('one', 'two', 'three').map((name) => item(name))),
      ports: maybe(() =>
        some(80, 443, 8080).map((number) => given({ number, protocol: pick('TCP', 'UDP'), label: maybe(() => pick('x', 'y')) })),
      ),
      selector: maybe(() => ({ match: given({ a: maybe(() => pick('x', 'y')) }) })),
      options: maybe(() => given({ a: maybe(() => 'x'), b: maybe(() => 'y') })),
      limits: maybe(() =>
        given({ cpu: maybe(() => given({ max: maybe(() => 1), min: maybe(() => pick(0, 1)) })), memory: maybe(() => ({ max: 2 })) }),
      ),
      nested: depth < 1 ? maybe(() => spec(depth + 1)) : undefined,
      raw: maybe(() => ({ a: pick(1, 2) })),
      any: maybe(() => pick<unknown>(1, 'x', [1, 2], { a: 1 }, { a: { b: pick(1, 2) }, c: [1] })),
    });
  return {
    metadata: given({
      labels: maybe(() => given({ app: maybe(() => pick('x', 'y')), tier: maybe(() => 'z') })),
      finalizers: maybe(() => some('a/x', 'b/y')),
    }),
    spec: spec(),
  };
}

const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
