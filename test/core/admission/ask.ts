// Asking the API server in tests of admission: what came back, in one line.

import { configureAdmission } from '../../../worker/admission/index.ts';
import type { Status } from '../../../worker/api/status.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster, TestOptions } from '../harness.ts';

export type Fields = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly body: Fields & { readonly metadata: Fields; readonly spec: Fields };
  readonly warnings: readonly string[];
  /** Of a refusal. */
  readonly message: string;
}

export interface Asker extends TestCluster {
  /** `POST pods`, `PUT pods/web`, `PATCH namespaces/x`; in the namespace `default`, unless the path begins with a slash. */
  ask(line: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

const GROUPS: Record<string, string> = {
  deployments: 'apps/v1',
  jobs: 'batch/v1',
  cronjobs: 'batch/v1',
  ingresses: 'networking.k8s.io/v1',
  leases: 'coordination.k8s.io/v1',
};

/** Without controllers, unless `alone: false`. */
export function makeAsker(options: TestOptions = {}): Asker {
  const cluster = makeTestCluster({ nodes: 0, alone: true, ...options });
  return {
    ...cluster,
    ask: async (line, body, headers = {}) => {
      const [method = '', path = ''] = line.split(' ');
      const kind = path.split('/')[0]!;
      const base = GROUPS[kind] ? `/apis/${GROUPS[kind]}` : '/api/v1';
      const full = path.startsWith('/') ? path : `${base}/namespaces/default/${path}`;
      const patch = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {};
      const {
        status,
        body: answer,
        warnings,
      } = await cluster.request<Answer['body'] & Status>(method, full, body, { ...patch, ...headers });
      return { status, body: answer, warnings, message: status >= 400 ? (answer.message ?? '') : '' };
    },
  };
}

export const as = (user: string, ...groups: string[]): Record<string, string> => ({
  'impersonate-user': user,
  ...(groups.length && { 'impersonate-group': groups.join(', ') }),
});

/** An API server with these flags and files; `config` is the one of `--admission-control-config-file`. */
export function configured(
  flags: Record<string, string>,
  config?: string,
  files: Record<string, string> = {},
): Pick<TestOptions, 'admission'> {
  const all = { ...flags, ...(config !== undefined && { 'admission-control-config-file': '/etc/kubernetes/admission.yaml' }) };
  const read = (path: string): string | undefined => ({ '/etc/kubernetes/admission.yaml': config, ...files })[path];
  return { admission: { flags: all, configuration: configureAdmission(all, read) } };
}

/** An AdmissionConfiguration of one plugin; its own configuration by its lines. */
export const forPlugin = (name: string, ...lines: string[]): string =>
  ['apiVersion: apiserver.config.k8s.io/v1', 'kind: AdmissionConfiguration', 'plugins:', `- name: ${name}`, '  configuration:']
    .concat(lines.map((line) => `    ${line}`))
    .join('\n');

/** A pod of one container `c`, or of those in the spec. */
export const podOf = (spec: object = {}, metadata: object = {}): object => ({
  metadata: { name: 'p', ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});
