// Every pod bears a node that is not ready, or not reachable, for five minutes, unless it says otherwise. Mirrors kubernetes
// plugin/pkg/admission/defaulttolerationseconds.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Pod, Toleration } from '../api/gen/core-v1.ts';
import { only } from './refusal.ts';

const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const SECONDS = 300;

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: only('pods'),
  admit({ operation, subresource, object }) {
    if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const { spec } = object as Pod;
    const missing = KEYS.filter((key) => !spec.tolerations?.some((one) => speaksOf(one, key)));
    if (!missing.length) return;
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS })),
    ];
  },
};

const speaksOf = ({ key, effect }: Toleration, wanted: string): boolean => (!key || key === wanted) && (!effect || effect === 'NoExecute');
