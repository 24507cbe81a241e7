// The leases by which API servers know of each other: each renews its own, and those of servers that are gone go an hour later. Mirrors pkg/controlplane's identity
// lease and pkg/controlplane/controller/apiserverleasegc.
//
// Keys: `own`; names of leases.

import { sha256 } from '@noble/hashes/sha2.js';
import { watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import type { Lease } from '../api/gen/coordination-v1.ts';
import { isNotFound } from '../api/status.ts';
import { timeOf } from '../lib/time.ts';
import { leases } from '../resources/coordination/lease.ts';
import { utf8 } from '../lib/text.ts';

const LABEL = 'apiserver.kubernetes.io/identity';
const LEASE_SECONDS = 3600;

export function makeApiServerIdentity(hostname: string): Controller {
  const name = `apiserver-${identityHash(hostname)}`;
  return {
    name: 'apiserver-identity',
    component: 'kube-apiserver',
    start({ state, random, enqueue }, resumed) {
      if (resumed && state.get('holder') !== undefined) return;
      state.set('holder', `${name}_${random.uuid()}`);
      enqueue('own');
    },
    watches: [
      watch(leases, (lease, _previous, _reader, type) => {
        if (!isIdentity(lease)) return [];
        if (lease.metadata.name === name) return ['own'];
        return type === 'deleted' ? [] : [lease.metadata.name];
      }),
    ],
    reconcile(key, { api, state, now }) {
      if (key !== 'own') {
        const lease = api.get(leases, 'kube-system', key);
        const end = lease && isIdentity(lease) ? expiryOf(lease) : undefined;
        if (end === undefined) return undefined;
        if (end > now()) return { after: end - now(), background: true };
        try {
          api.delete(leases, 'kube-system', key);
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
        return undefined;
      }
      // Without a time it is renewed all along (`resources/coordination/lease.ts`).
      const holderIdentity = state.get<string>('holder') ?? name;
      const known = api.get(leases, 'kube-system', name);
      if (known?.spec.holderIdentity === holderIdentity && known.spec.renewTime === undefined) return undefined;
      const labels = { [LABEL]: 'kube-apiserver', 'kubernetes.io/hostname': hostname };
      const spec = { holderIdentity, leaseDurationSeconds: LEASE_SECONDS };
      if (known) api.update(leases, { ...known, metadata: { ...known.metadata, labels: { ...known.metadata.labels, ...labels } }, spec });
      else api.create(leases, { metadata: { name, namespace: 'kube-system', labels }, spec });
      return undefined;
    },
  };
}

const isIdentity = ({ metadata }: Lease): boolean => metadata.namespace === 'kube-system' && metadata.labels?.[LABEL] === 'kube-apiserver';

const expiryOf = ({ spec, metadata }: Lease): number =>
  timeOf(spec.renewTime ?? metadata.creationTimestamp) + (spec.leaseDurationSeconds ?? LEASE_SECONDS) * 1000;

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Base 32 of the first half of the name's SHA-256. */
function identityHash(hostname: string): string {
  let [bits, value, out] = [0, 0, ''];
  for (const byte of sha256(utf8(hostname)).slice(0, 16)) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += ALPHABET[(value >>> (bits - 5)) & 31];
    value &= 255;
  }
  return bits ? out + ALPHABET[(value << (5 - bits)) & 31] : out;
}
