// Services get no new external IPs, which would draw other people's traffic. Mirrors kubernetes plugin/pkg/admission/network/denyserviceexternalips.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Service } from '../api/gen/core-v1.ts';
import { only, refusal } from './refusal.ts';

export const denyServiceExternalIps: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  operations: ['CREATE', 'UPDATE'],
  handles: only('services'),
  validate(request) {
    const { operation, subresource, object, old } = request;
    if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const known = (old as Service | undefined)?.spec.externalIPs ?? [];
    if ((object as Service).spec.externalIPs?.some((ip) => !known.includes(ip)))
      throw refusal(request, 'Use of external IPs is denied by admission control');
  },
};
