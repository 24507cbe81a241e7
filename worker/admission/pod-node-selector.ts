// The pods of a namespace go to the nodes that its annotation names. Mirrors kubernetes plugin/pkg/admission/podnodeselector, without its configuration file.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import { notFound, unknownError } from '../api/status.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { only, refusal } from './refusal.ts';

const ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';

export const podNodeSelector: AdmissionPlugin = {
  name: 'PodNodeSelector',
  handles: only('pods'),
  admit(request, { reader }) {
    const { operation, subresource, namespace, object } = request;
    if (operation !== 'CREATE' || subresource) return;
    const found = reader.get(namespaces, '', namespace);
    if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    const wanted = labelsOf(found.metadata.annotations?.[ANNOTATION] ?? '');
    const { spec } = object as Pod;
    const own = spec.nodeSelector ?? {};
    if (Object.entries(wanted).some(([key, value]) => own[key] !== undefined && own[key] !== value))
      throw refusal(request, 'pod node label selector conflicts with its namespace node label selector');
    if (Object.keys(wanted).length) spec.nodeSelector = { ...wanted, ...own };
  },
};

/** `disk=ssd,zone=a`. */
function labelsOf(text: string): Record<string, string> {
  if (!text) return {};
  return Object.fromEntries(
    text.split(',').map((one) => {
      const words = one.split('=');
      if (words.length !== 2) throw unknownError(`invalid selector: [${words.join(' ')}]`);
      return words.map((word) => word.trim());
    }),
  ) as Record<string, string>;
}
