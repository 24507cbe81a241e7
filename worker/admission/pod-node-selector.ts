// The pods of a namespace go to the nodes that its annotation names, or else the cluster's default; and they may ask for no labels but those that the namespace is
// given by the configuration. Mirrors kubernetes plugin/pkg/admission/podnodeselector.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import { fieldErrorMessage, invalidField, NO_FIELD } from '../api/field-error.ts';
import type { FieldError } from '../api/field-error.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import { notFound, unknownError } from '../api/status.ts';
import { isRecord } from '../lib/json.ts';
import { labelValueProblems, qualifiedNameProblems } from '../lib/names.ts';
import { readYaml, YamlError } from '../lib/yaml.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { only, refusal } from './refusal.ts';

const ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';

/** Selectors: of a namespace, what its pods may ask for at most; of `clusterDefaultNodeSelector`, what pods go by if their namespace says nothing. */
type Selectors = Readonly<Record<string, string>>;
type Labels = Readonly<Record<string, string>>;

export const podNodeSelector: AdmissionPlugin<Selectors> = {
  name: 'PodNodeSelector',
  operations: ['CREATE'],
  handles: only('pods'),
  configure: (text) => (text ? selectorsIn(text) : {}),
  admit(request, context, selectors) {
    if (request.operation !== 'CREATE' || request.subresource) return;
    const { spec } = request.object as Pod;
    const wanted = selectorFor(request, context, selectors);
    if (conflicts(wanted, spec.nodeSelector)) throw refusal(request, CONFLICT);
    if (Object.keys(wanted).length) spec.nodeSelector = { ...wanted, ...spec.nodeSelector };
    this.validate!(request, context, selectors);
  },
  validate(request, context, selectors) {
    if (request.operation !== 'CREATE' || request.subresource) return;
    const { nodeSelector = {} } = (request.object as Pod).spec;
    if (conflicts(selectorFor(request, context, selectors), nodeSelector)) throw refusal(request, CONFLICT);
    const allowed = labelsOf(selectors[request.namespace]);
    if (Object.keys(allowed).length && Object.entries(nodeSelector).some(([key, value]) => allowed[key] !== value))
      throw refusal(request, 'pod node label selector labels conflict with its namespace whitelist');
  },
};

const CONFLICT = 'pod node label selector conflicts with its namespace node label selector';

/** Not versioned, and never refused: upstream passes over what it cannot read. */
function selectorsIn(text: string): Selectors {
  try {
    const { value } = readYaml(text);
    const given = isRecord(value) ? value['podNodeSelectorPluginConfig'] : undefined;
    return isRecord(given)
      ? Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
      : {};
  } catch (error) {
    if (error instanceof YamlError) return {};
    throw error;
  }
}

function selectorFor({ namespace }: AdmissionRequest, { reader }: AdmissionContext, selectors: Selectors): Labels {
  const found = reader.get(namespaces, '', namespace);
  if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  return labelsOf(found.metadata.annotations?.[ANNOTATION] ?? selectors['clusterDefaultNodeSelector']);
}

const conflicts = (wanted: Labels, own: Labels = {}): boolean =>
  Object.entries(wanted).some(([key, value]) => own[key] !== undefined && own[key] !== value);

/** `disk=ssd,zone=a`. */
function labelsOf(text = ''): Labels {
  if (!text) return {};
  return Object.fromEntries(
    text.split(',').map((one) => {
      const words = one.split('=');
      if (words.length !== 2) throw unknownError(`invalid selector: [${words.join(' ')}]`);
      const [key, value] = words.map((word) => word.trim()) as [string, string];
      require(NO_FIELD, key, qualifiedNameProblems(key));
      require(`[${key}]`, value, labelValueProblems(value));
      return [key, value];
    }),
  );
}

function require(field: string, value: string, problems: readonly string[]): void {
  const error: FieldError = invalidField(field, value, problems.join('; '));
  if (problems.length) throw unknownError(fieldErrorMessage(error));
}
