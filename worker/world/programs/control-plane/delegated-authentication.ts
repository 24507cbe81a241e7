// What a component that leaves it to the API server to say who somebody is does when it starts while that is not there. Mirrors apiserver
// pkg/server/options/authentication.go.

import { isFalse, isTrue } from '../../../lib/go-bool.ts';
import type { ServiceContext } from '../../process/program.ts';
import type { StartLine } from './component.ts';
import type { Flags } from './flags.ts';

const CONFIG = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';

/** What it hears when it looks for what it was not told; undefined if it looks for nothing, or finds it. */
function lookupFailure(flags: Flags, { files, ip, isOpen }: ServiceContext): string | undefined {
  const kubeconfig = flags['authentication-kubeconfig'];
  if (!kubeconfig || flags['requestheader-client-ca-file'] || isTrue(flags['authentication-skip-lookup'])) return undefined;
  const [, server = '', address = '', port = ''] = /server: *(https:\/\/([^\s/]+):(\d+))/.exec(files.find(kubeconfig)?.content ?? '') ?? [];
  if (address !== ip || isOpen(Number(port))) return undefined;
  return `Get "${server}${CONFIG}": dial tcp ${address}:${port}: connect: connection refused`;
}

const isTolerated = (flags: Flags, byDefault: boolean): boolean => {
  const flag = flags['authentication-tolerate-lookup-failure'];
  return byDefault ? !isFalse(flag) : isTrue(flag);
};

/** With which it ends. */
export function lookupProblem(flags: Flags, context: ServiceContext, byDefault: boolean): string | undefined {
  const failure = isTolerated(flags, byDefault) ? undefined : lookupFailure(flags, context);
  return failure && `unable to load configmap based request-header-client-ca-file: ${failure}`;
}

/** Or what it says, and goes on. */
export function lookupLines(flags: Flags, context: ServiceContext, byDefault: boolean): readonly StartLine[] {
  const failure = isTolerated(flags, byDefault) ? lookupFailure(flags, context) : undefined;
  if (failure === undefined) return [];
  return [
    [10, 'W', 'authentication.go:397', `Error looking up in-cluster authentication configuration: ${failure}`],
    [10, 'W', 'authentication.go:398', 'Continuing without authentication configuration. This may treat all requests as anonymous.'],
    [
      10,
      'W',
      'authentication.go:399',
      'To require authentication configuration lookup to succeed, set --authentication-tolerate-lookup-failure=false',
    ],
  ];
}
