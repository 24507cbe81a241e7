// The file that makes kubectl speak to a sandbox.

import type { FrontEnv } from './bindings.ts';

export interface KubeconfigParts {
  /** The sandbox's name: of the cluster and, if a kubeconfig holds several, of the context. */
  readonly name: string;
  readonly server: string;
  readonly token: string;
  /** PEM. */
  readonly ca: string | undefined;
  /** Said at the top. */
  readonly comments: readonly string[];
}

/** Where a sandbox's Kubernetes API is. */
export function serverUrl(env: FrontEnv, request: Request, id: string): string {
  return `${env.KUBE_URL ?? new URL(request.url).origin}/c/${id}`;
}

/** The development proxy of this machine signs for itself: there is nothing to check it by, and nobody in between. */
const ownMachine = (server: string): boolean => /^https:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(server);

function trust(ca: string | undefined, server: string): string {
  if (ca !== undefined) return `    certificate-authority-data: ${btoa(ca)}\n`;
  return ownMachine(server) ? '    insecure-skip-tls-verify: true\n' : '';
}

/** Names and tokens are of letters, digits and dashes: nothing needs quoting. */
export function kubeconfig({ name, server, token, ca, comments }: KubeconfigParts): string {
  return `${comments.map((line) => `# ${line}\n`).join('')}apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: ${server}
${trust(ca, server)}users:
- name: ${name}
  user:
    token: ${token}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    namespace: default
    user: ${name}
current-context: ${name}
`;
}
