// The resources of a cluster's CRDs: read from the store whenever a CRD has changed.

import type { CustomResourceDefinition } from '../api/gen/apiextensions-v1.ts';
import { isEqual } from '../lib/json.ts';
import type { CustomSource } from '../registry/catalog.ts';
import { decode } from '../registry/decode.ts';
import { customResourceDefinitions } from '../resources/apiextensions/customresourcedefinition.ts';
import { makeCustomResources } from '../resources/custom/index.ts';
import { customBucket } from '../resources/custom/resource.ts';
import { builtinType } from '../resources/schema/index.ts';
import type { Change, Store } from '../store/store.ts';
import type { ConversionWebhooks } from './conversion-webhooks.ts';

export function customSource(store: Store, webhooks: ConversionWebhooks): CustomSource {
  const { bucket } = customResourceDefinitions;
  const resourcesOf = makeCustomResources({
    readMetadata,
    convert: (crd, object, apiVersion) => webhooks.convert(crd, object, apiVersion),
  });
  return {
    mark: () => store.changesOf(bucket),
    read: () => resourcesOf(store.list<CustomResourceDefinition>(bucket).map(({ value }) => value)),
  };
}

function readMetadata(value: unknown): { object: Record<string, unknown>; unknown: string[] } {
  const { object, unknown } = decode(value, builtinType('meta.v1.ObjectMeta'));
  return { object, unknown: unknown.map((one) => /"(.*)"/s.exec(one)?.[1] ?? one) };
}

/** The bucket of the objects whose resources a change replaces: a CRD that is gone, or says something else. Mirrors updateCustomResourceDefinition of apiextensions' crdHandler. */
export function replacedBucket({ bucket, type, value, previous }: Change): string | undefined {
  if (bucket !== customResourceDefinitions.bucket || type === 'created') return undefined;
  const [crd, old] = [value, previous] as CustomResourceDefinition[];
  const isSame = type === 'updated' && isEqual(crd!.spec, old!.spec) && isEqual(crd!.status.acceptedNames, old!.status.acceptedNames);
  return isSame ? undefined : customBucket(crd!.spec.group, crd!.spec.names.plural);
}
