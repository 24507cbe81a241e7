// The volume by which a container speaks to the API server: a token that is renewed, the authority to trust, and the namespace.

import type { Container, PodSpec, Volume } from '../../api/gen/core-v1.ts';
import type { Random } from '../../lib/host.ts';

const PREFIX = 'kube-api-access-';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const SUFFIX_LENGTH = 5;
const EXPIRATION_SECONDS = 60 * 60 + 7;

/** A container that has something at the place already keeps it. */
export function mountToken(spec: PodSpec, random: Random): void {
  const present = spec.volumes?.find(({ name }) => name.startsWith(PREFIX));
  const name = present?.name ?? PREFIX + random.suffix(SUFFIX_LENGTH);
  let isNeeded = false;
  const mount = (container: Container): void => {
    if (container.volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH)) return;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
    isNeeded = true;
  };
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) mount(container);
  if (isNeeded && !present) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
    defaultMode: 0o644,
  },
});
