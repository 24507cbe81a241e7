// What an addon's programs may do.

import type { AddonObject } from './index.ts';

export const RBAC = 'rbac.authorization.k8s.io/v1';

export interface Account {
  readonly name: string;
  readonly namespace: string;
}

/** Gives a service account what a ClusterRole allows, in the whole cluster. */
export const grant = (metadata: { readonly name: string; readonly labels?: object }, role: string, account: Account): AddonObject => ({
  apiVersion: RBAC,
  kind: 'ClusterRoleBinding',
  metadata,
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'ServiceAccount', ...account }],
});
