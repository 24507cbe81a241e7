// What the sample API server says that it serves.

export const GROUP = 'wardle.example.com';
export type Version = 'v1alpha1' | 'v1beta1';
/** The first is preferred. */
export const VERSIONS: readonly Version[] = ['v1beta1', 'v1alpha1'];
export const groupVersionOf = (version: Version): string => `${GROUP}/${version}`;

export interface SampleKind {
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly versions: readonly Version[];
}

export const KINDS: Readonly<Record<string, SampleKind>> = {
  fischers: { kind: 'Fischer', singular: 'fischer', namespaced: false, versions: ['v1alpha1'] },
  flunders: { kind: 'Flunder', singular: 'flunder', namespaced: true, versions: ['v1alpha1', 'v1beta1'] },
};

export const kindsOf = (version: Version): [resource: string, kind: SampleKind][] =>
  Object.entries(KINDS).filter(([, { versions }]) => versions.includes(version));

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const ALL = VERSIONS.map((version) => ({ groupVersion: groupVersionOf(version), version }));
const WHOLE_GROUP = { name: GROUP, versions: ALL, preferredVersion: ALL[0] };

const resourceList = (version: Version): object => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: groupVersionOf(version),
  resources: kindsOf(version).map(([name, { kind, singular, namespaced }]) => ({
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
  })),
});

export const DOCUMENTS: Readonly<Record<string, object | undefined>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [WHOLE_GROUP] },
  [`/apis/${GROUP}`]: { kind: 'APIGroup', apiVersion: 'v1', ...WHOLE_GROUP },
  ...Object.fromEntries(VERSIONS.map((version) => [`/apis/${groupVersionOf(version)}`, resourceList(version)])),
};
