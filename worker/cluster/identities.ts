// Under which name each component acts, and how it signs its events.

import type { Controller } from '../api/controller.ts';
import type { UserInfo } from '../api/resource.ts';
import type { Reporter } from './events.ts';

export interface Identity {
  readonly user: UserInfo;
  readonly userAgent: string;
  readonly reporter: Reporter;
}

/** The controller manager's loops use a service account each. */
export function identityOf({ name, component, serviceAccount = `${name}-controller`, reporter }: Controller, gitVersion: string): Identity {
  const userAgent = `${component}/${gitVersion} (linux/amd64) kubernetes/0000000`;
  if (component === 'kube-controller-manager') {
    const user = {
      name: `system:serviceaccount:kube-system:${serviceAccount}`,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
    };
    return { user, userAgent, reporter: { name: reporter ?? serviceAccount, host: '', modern: false } };
  }
  if (component === 'kube-scheduler') {
    return {
      user: { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
      userAgent,
      reporter: { name: 'default-scheduler', host: 'default-scheduler-control-plane', modern: true },
    };
  }
  return {
    user: {
      name: component === 'kube-apiserver' ? 'system:apiserver' : `system:${component}`,
      groups: ['system:masters', 'system:authenticated'],
    },
    userAgent,
    reporter: { name: reporter ?? component, host: '', modern: false },
  };
}
