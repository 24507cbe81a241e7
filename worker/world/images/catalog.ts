// The registries of the world: every image there is. A family of images is a file of its own, and a line here.

import type { World } from '../world.ts';
import { controlPlaneFamilies } from './control-plane.ts';
import { busybox } from './busybox.ts';
import { cloudControllerManagerImage } from './cloud-controller-manager.ts';
import { csiDiskImage } from './csi-disk.ts';
import { exampleFamilies } from './examples.ts';
import { genericImage } from './generic.ts';
import { ingressNginxImage } from './ingress-nginx.ts';
import { infrastructure } from './infrastructure.ts';
import type { Image, ImageFamily } from './image.ts';
import { kubeWebhookCertgenImage } from './kube-webhook-certgen.ts';
import { metricsServerImage } from './metrics-server.ts';
import { nginx } from './nginx.ts';
import { fullName, repositoryName } from './reference.ts';
import type { Reference } from './reference.ts';

const FAMILIES: readonly ImageFamily[] = [
  busybox,
  ...exampleFamilies,
  nginx,
  infrastructure,
  metricsServerImage,
  csiDiskImage,
  ingressNginxImage,
  kubeWebhookCertgenImage,
  cloudControllerManagerImage,
  ...controlPlaneFamilies,
];

const byRepository = new Map(FAMILIES.flatMap((family) => family.repositories.map((repository) => [repository, family] as const)));

/** The image of a name, or what a registry answers when there is none. */
export function findImage(world: World, reference: Reference): Image | string {
  const repository = repositoryName(reference);
  const family = world.traits.images?.find(({ repositories }) => repositories.includes(repository)) ?? byRepository.get(repository);
  const image = family ? family.find(reference.tag, reference) : saysItIsMissing(reference) ? undefined : genericImage(reference);
  if (image) return image;
  if (world.traits.lenient) return genericImage(reference);
  const hasRepository = family !== undefined || !saysItIsMissing({ ...reference, tag: '' });
  return hasRepository || reference.registry === 'registry.k8s.io' ? manifestUnknown(reference) : repositoryUnknown(reference);
}

const MISSING =
  /(?:^|[^a-z])(?:does-?not-?exist|non-?exist(?:ent|ing)?|not-?found|no-?such(?:-?\w+)?|not-?a-?real|invalid|missing|unknown|bogus|broken|wrong|fake|typo|bad)(?:[^a-z]|$)/;

/** Of images that nobody knows, those whose name says that there is none. */
const saysItIsMissing = ({ repository, tag, registry }: Reference): boolean =>
  MISSING.test(repository) || MISSING.test(tag) || MISSING.test(registry) || registry.endsWith('.invalid');

const manifestUnknown = (reference: Reference): string => {
  const name = fullName(reference);
  return `rpc error: code = NotFound desc = failed to pull and unpack image ${JSON.stringify(name)}: failed to resolve image: ${name}: not found`;
};

function repositoryUnknown(reference: Reference): string {
  const name = fullName(reference);
  const { registry } = reference;
  const cause =
    registry === 'docker.io'
      ? 'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed'
      : `failed to do request: Head "https://${registry}/v2/${reference.repository}/manifests/${reference.tag || reference.digest}": dial tcp: lookup ${registry}: no such host`;
  return `failed to pull and unpack image ${JSON.stringify(name)}: failed to resolve image: ${cause}`;
}
