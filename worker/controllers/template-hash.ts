// Telling pod templates apart, and naming what is made of them.

import type { PodTemplateSpec } from '../api/gen/core-v1.ts';
import { fnv1a32, safeEncode } from '../lib/hash.ts';
import { canonicalJson } from '../lib/json.ts';

/** The label by which a Deployment tells its ReplicaSets, and their pods, apart. */
export const TEMPLATE_HASH = 'pod-template-hash';

const texts = new WeakMap<PodTemplateSpec, string>();

/** Equal for equal templates, whatever hash they carry. */
export function templateText(template: PodTemplateSpec): string {
  let text = texts.get(template);
  if (text === undefined) {
    const { [TEMPLATE_HASH]: _, ...labels } = template.metadata.labels ?? {};
    texts.set(template, (text = canonicalJson({ ...template, metadata: { ...template.metadata, labels } })));
  }
  return text;
}

/**
 * The hash in the names of ReplicaSets. `collisionCount` makes another one when the name is taken.
 * Differs: upstream hashes Go's dump of the struct; this hashes its JSON. Length and alphabet are the same.
 */
export const templateHash = (template: PodTemplateSpec, collisionCount: number | undefined): string =>
  safeEncode(String(fnv1a32(templateText(template) + (collisionCount ?? ''))));
