// What `agnhost webhook` says at each of its paths.

import { isRecord } from '../../../../lib/json.ts';

/** An AdmissionRequest, as far as the rules look at it. */
export interface Review {
  readonly uid: string;
  readonly operation: string;
  readonly name?: string;
  readonly subResource?: string;
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly object: unknown;
  readonly oldObject: unknown;
}

export interface Verdict {
  /** Why it is refused; allowed if left out. */
  readonly refusal?: { readonly message?: string; readonly reason?: string; readonly status?: string; readonly code?: number };
  /** A JSON patch. */
  readonly patch?: readonly object[];
  /** How long it takes; Infinity: no answer ever comes. */
  readonly afterMs?: number;
}

type Rule = (review: Review, options: { readonly sidecarImage: string }) => Verdict;

const MARK = 'webhook-e2e-test';
const DISALLOWED = 'webhook-disallow';
const allowed: Verdict = {};
const refused = (message: string): Verdict => ({ refusal: { message } });

/** Only one resource is expected at the path. */
const forResource =
  (resource: string, rule: Rule): Rule =>
  (review, options) => {
    const { group, version, resource: given } = review.resource;
    return group === '' && version === 'v1' && given === resource
      ? rule(review, options)
      : refused(`expect resource to be { v1 ${resource}}`);
  };

const field = (object: unknown, name: string): unknown => (isRecord(object) ? object[name] : undefined);
const textsOf = (object: unknown): Readonly<Record<string, string>> => (isRecord(object) ? (object as Record<string, string>) : {});
const labelsOf = (object: unknown): Readonly<Record<string, string>> => textsOf(field(field(object, 'metadata'), 'labels'));
const dataOf = (object: unknown): Readonly<Record<string, string>> => textsOf(field(object, 'data'));

function containersOf(pod: unknown, list: 'containers' | 'initContainers'): { readonly name: string }[] {
  const found = field(field(pod, 'spec'), list);
  return Array.isArray(found) ? (found as { name: string }[]) : [];
}

const admitPods: Rule = ({ object }) => {
  const label = labelsOf(object)[MARK];
  const problems = [
    ...(label === DISALLOWED ? ['the pod contains unwanted label;'] : []),
    ...(label === 'wait-forever' ? ['the pod response should not be sent;'] : []),
    ...containersOf(object, 'containers').flatMap(({ name }) =>
      name.includes(DISALLOWED) ? ['the pod contains unwanted container name;'] : [],
    ),
  ];
  const verdict = problems.length ? refused(problems.join(' ')) : allowed;
  return label === 'wait-forever' ? { ...verdict, afterMs: Infinity } : verdict;
};

const denyAttachment: Rule = ({ name, subResource, object }) => {
  if (name !== 'to-be-attached-pod') return allowed;
  if (subResource !== 'attach') return refused(`expect subresource to be attach, got ${subResource ?? ''}`);
  return field(object, 'stdin') === true && field(object, 'container') === 'container1'
    ? refused("attaching to pod 'to-be-attached-pod' is not allowed")
    : allowed;
};

const addContainer: Rule = ({ object }) =>
  field(field(object, 'metadata'), 'name') === 'webhook-to-be-mutated' &&
  !containersOf(object, 'initContainers').some(({ name }) => name === 'webhook-added-init-container')
    ? {
        patch: [
          {
            op: 'add',
            path: '/spec/initContainers',
            value: [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }],
          },
        ],
      }
    : allowed;

const addSidecar: Rule = ({ object }, { sidecarImage }) => {
  if (!sidecarImage) return { refusal: { status: 'Failure', message: 'No image specified by the sidecar-image parameter', code: 500 } };
  const value = { image: sidecarImage, name: 'webhook-added-sidecar', resources: {} };
  return containersOf(object, 'containers').some(({ name }) => name === value.name)
    ? allowed
    : { patch: [{ op: 'add', path: '/spec/containers/-', value }] };
};

/** Refuses what its data marks; `what` is how the object is called, `why` what is wrong with it. */
const admitData =
  (what: string, why: string): Rule =>
  ({ operation, object, oldObject }) => {
    const isDeletion = operation === 'DELETE';
    const mark = dataOf(isDeletion ? oldObject : object)[MARK];
    if (mark === DISALLOWED && (operation === 'CREATE' || operation === 'UPDATE'))
      return { refusal: { reason: `the ${what} contains unwanted ${why}` } };
    if (mark === 'webhook-nondeletable' && isDeletion)
      return { refusal: { reason: `the ${what} cannot be deleted because it contains unwanted key and value` } };
    return allowed;
  };

/** Each stage adds the key that starts the next. */
const mutateData: Rule = ({ object }) => {
  const data = dataOf(object);
  const stage = data['mutation-stage-1'] === 'yes' ? 2 : data['mutation-start'] === 'yes' ? 1 : 0;
  return stage ? { patch: [{ op: 'add', path: `/data/mutation-stage-${stage}`, value: 'yes' }] } : allowed;
};

const addLabel: Rule = ({ object }) => {
  const labels = labelsOf(object);
  const had = labels['added-label'];
  if (Object.keys(labels).length === 0) return { patch: [{ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }] };
  if (had === 'yes') return allowed;
  return { patch: [{ op: had === undefined ? 'add' : 'replace', path: '/metadata/labels/added-label', value: 'yes' }] };
};

const admitDefinition: Rule = ({ object }) =>
  labelsOf(object)[MARK] === DISALLOWED ? refused('the crd contains unwanted label') : allowed;

export const RULES: Readonly<Record<string, Rule | undefined>> = {
  '/always-allow-delay-5s': () => ({ afterMs: 5000 }),
  '/always-deny': () => refused('this webhook denies all requests'),
  '/add-label': addLabel,
  '/pods': forResource('pods', admitPods),
  '/pods/attach': denyAttachment,
  '/mutating-pods': forResource('pods', addContainer),
  '/mutating-pods-sidecar': forResource('pods', addSidecar),
  '/configmaps': forResource('configmaps', admitData('configmap', 'key and value')),
  '/mutating-configmaps': forResource('configmaps', mutateData),
  '/custom-resource': admitData('custom resource', 'data'),
  '/mutating-custom-resource': mutateData,
  '/crd': admitDefinition,
};
