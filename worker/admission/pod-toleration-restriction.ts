// Namespaces give their pods tolerations, and say which ones they may have; the cluster's configuration says so for the others. Mirrors kubernetes
// plugin/pkg/admission/podtolerationrestriction.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import { fieldErrorMessage } from '../api/field-error.ts';
import type { Pod, Toleration } from '../api/gen/core-v1.ts';
import { notFound, unknownError } from '../api/status.ts';
import { ConfigFault, decodeConfig } from '../lib/config-file.ts';
import { struct } from '../lib/config-shape.ts';
import { jsonProblem } from '../lib/go-json.ts';
import { utf8 } from '../lib/text.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { qosClass } from '../resources/core/pod/qos.ts';
import { validateTolerations } from '../resources/core/pod/scheduling.ts';
import { only } from './refusal.ts';
import { covers, mergeTolerations } from './tolerations.ts';

interface Configuration {
  readonly default: readonly Toleration[];
  readonly whitelist: readonly Toleration[];
}

const [DEFAULTS, WHITELIST] = ['scheduler.alpha.kubernetes.io/defaultTolerations', 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'];
const UNDER_PRESSURE: Toleration = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' };

export const podTolerationRestriction: AdmissionPlugin<Configuration> = {
  name: 'PodTolerationRestriction',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods'),
  configure,
  admit(request, context, configuration) {
    if (!isAbout(request)) return;
    const { spec } = request.object as Pod;
    const extra = [
      ...(request.operation === 'CREATE' ? (annotated(DEFAULTS, request, context) ?? configuration.default) : []),
      ...(qosClass(spec) === 'BestEffort' ? [] : [UNDER_PRESSURE]),
    ];
    if (extra.length) spec.tolerations = mergeTolerations([...(spec.tolerations ?? []), ...extra]);
    this.validate!(request, context, configuration);
  },
  validate(request, context, configuration) {
    if (!isAbout(request)) return;
    const { tolerations = [] } = (request.object as Pod).spec;
    if (!tolerations.length) return;
    const own = annotated(WHITELIST, request, context);
    const allowed = own ?? configuration.whitelist;
    if (!allowed.length || tolerations.every((one) => allowed.some((other) => covers(other, one)))) return;
    throw unknownError(
      `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${own ? 'namespace' : 'cluster'} whitelist`,
    );
  },
};

const isAbout = ({ operation, subresource }: AdmissionRequest): boolean =>
  !subresource && (operation === 'CREATE' || operation === 'UPDATE');

const TOLERATION = struct('Toleration', {
  key: 'string',
  operator: 'string',
  value: 'string',
  effect: 'string',
  tolerationSeconds: 'int64',
});
const SCHEME = {
  name: 'pkg/admission/podtolerationrestriction/config.go:33',
  kind: 'Configuration',
  apiVersions: ['podtolerationrestriction.admission.k8s.io/v1alpha1'],
  shape: struct('Configuration', { default: [TOLERATION], whitelist: [TOLERATION] }),
};

function configure(text: string | undefined): Configuration {
  const given = (text === undefined ? {} : decodeConfig(text, SCHEME)) as Partial<Configuration>;
  const configuration = { default: (given.default ?? []).map(canonical), whitelist: (given.whitelist ?? []).map(canonical) };
  const errors = (['default', 'whitelist'] as const).flatMap((list) =>
    validateTolerations(configuration[list], `podtolerationrestriction.${list}`),
  );
  if (errors.length) throw new ConfigFault(`invalid config: [${errors.map(fieldErrorMessage).join(' ')}]`);
  return configuration;
}

/** What a namespace says itself; an empty annotation is a list of none. */
function annotated(key: string, { namespace }: AdmissionRequest, { reader }: AdmissionContext): readonly Toleration[] | undefined {
  const found = reader.get(namespaces, '', namespace);
  if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  const text = found.metadata.annotations?.[key];
  if (!text) return text === undefined ? undefined : [];
  const problem = jsonProblem(utf8(text));
  if (problem) throw unknownError(problem);
  const given = JSON.parse(text) as readonly Toleration[] | null;
  if (given !== null && !Array.isArray(given))
    throw unknownError(`json: cannot unmarshal ${typeof given} into Go value of type []v1.Toleration`);
  return (given ?? []).map(canonical);
}

/** As Go writes it. */
const canonical = ({ key, operator, value, effect, tolerationSeconds }: Toleration): Toleration => ({
  ...(key && { key }),
  ...(operator && { operator }),
  ...(value && { value }),
  ...(effect && { effect }),
  ...(typeof tolerationSeconds === 'number' && { tolerationSeconds }),
});
