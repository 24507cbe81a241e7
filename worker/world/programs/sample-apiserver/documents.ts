// What the sample API server says that it serves.

export const GROUP = 'wardle.example.com';
export const VERSION = 'v1alpha1';
export const GROUP_VERSION = `${GROUP}/${VERSION}`;

export interface SampleKind {
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
}

export const KINDS: Readonly<Record<string, SampleKind>> = {
  fischers: { kind: 'Fischer', singular: 'fischer', namespaced: false },
  flunders: { kind: 'Flunder', singular: 'flunder', namespaced: true },
};

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const VERSIONS = {
  name: GROUP,
  versions: [{ groupVersion: GROUP_VERSION, version: VERSION }],
  preferredVersion: { groupVersion: GROUP_VERSION, version: VERSION },
};

export const DOCUMENTS: Readonly<Record<string, object | undefined>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [VERSIONS] },
  [`/apis/${GROUP}`]: { kind: 'APIGroup', apiVersion: 'v1', ...VERSIONS },
  [`/apis/${GROUP_VERSION}`]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: GROUP_VERSION,
    resources: Object.entries(KINDS).map(([name, { kind, singular, namespaced }]) => ({
      name,
      singularName: singular,
      namespaced,
      kind,
      verbs: VERBS,
    })),
  },
};
