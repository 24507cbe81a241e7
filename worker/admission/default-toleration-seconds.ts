// Every pod bears a node that is not ready, or not reachable, for five minutes, unless it says otherwise, or the API server's flags do. Mirrors kubernetes
// plugin/pkg/admission/defaulttolerationseconds.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Pod, Toleration } from '../api/gen/core-v1.ts';
import { only } from './refusal.ts';

const FLAGS = {
  'node.kubernetes.io/not-ready': 'default-not-ready-toleration-seconds',
  'node.kubernetes.io/unreachable': 'default-unreachable-toleration-seconds',
} as const;
const SECONDS = 300;

/** Taint → seconds. */
type Configuration = Readonly<Record<string, number>>;

export const defaultTolerationSeconds: AdmissionPlugin<Configuration> = {
  name: 'DefaultTolerationSeconds',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods'),
  configure: (_text, _read, flags) => Object.fromEntries(Object.entries(FLAGS).map(([key, flag]) => [key, Number(flags[flag] ?? SECONDS)])),
  admit({ operation, subresource, object }, _context, configuration) {
    if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const { spec } = object as Pod;
    const missing = Object.keys(configuration).filter((key) => !spec.tolerations?.some((one) => speaksOf(one, key)));
    if (!missing.length) return;
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: configuration[key]! })),
    ];
  },
};

const speaksOf = ({ key, effect }: Toleration, wanted: string): boolean => (!key || key === wanted) && (!effect || effect === 'NoExecute');
