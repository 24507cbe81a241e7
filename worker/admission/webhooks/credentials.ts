// As whom the API server calls webhooks: users of the kubeconfig of its configuration, by the names of the hosts. Mirrors apiserver
// pkg/admission/plugin/webhook/config and pkg/util/webhook/authentication.go.

import type { ReadFile } from '../../api/admission.ts';
import { fieldErrorMessage, invalidField } from '../../api/field-error.ts';
import { ConfigFault, decodeConfig } from '../../lib/config-file.ts';
import { struct } from '../../lib/config-shape.ts';
import { authorizationOf, readKubeconfig } from '../kubeconfig.ts';

export interface Credentials {
  /** The user of all the others. */
  readonly current: string;
  /** Headers, by the users' names. */
  readonly users: Readonly<Record<string, string>>;
}

const SCHEME = {
  name: 'pkg/admission/plugin/webhook/config/kubeconfig.go:34',
  kind: 'WebhookAdmissionConfiguration',
  apiVersions: ['apiserver.config.k8s.io/v1'],
  shape: struct('WebhookAdmission', { kubeConfigFile: 'string' }),
};

/** Throws ConfigFault. */
export function readCredentials(text: string | undefined, read: ReadFile): Credentials {
  if (text === undefined) return { current: '', users: {} };
  const { kubeConfigFile = '' } = decodeConfig(text, SCHEME) as { kubeConfigFile?: string };
  if (!kubeConfigFile.startsWith('/'))
    throw new ConfigFault(fieldErrorMessage(invalidField('kubeConfigFile', kubeConfigFile, 'must be an absolute file path')));
  const { currentContext, contexts, users } = readKubeconfig(kubeConfigFile, read);
  const headers = Object.entries(users).map(([name, user]) => [name, authorizationOf(user, read) ?? ''] as const);
  return { current: String(contexts[currentContext]?.['user'] ?? ''), users: Object.fromEntries(headers) };
}

/** The header for a host: its own user's, that of its domain, that of all hosts, or that of the current context. */
export function authorizationFor(url: string, { users, current }: Credentials): string | undefined {
  const { host, hostname, port } = new URL(url);
  const target = port ? host : `${hostname}:443`;
  const domains = (name: string): string[] => [
    name,
    ...name
      .split('.')
      .map((_, i, steps) => `*.${steps.slice(i).join('.')}`)
      .slice(1),
  ];
  const names = [...domains(target), ...(target.endsWith(':443') ? domains(hostname) : []), '*', current];
  const found = names.find((name) => users[name] !== undefined);
  return found === undefined ? undefined : users[found] || undefined;
}
