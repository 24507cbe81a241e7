// The file of `--admission-control-config-file`: what is wrong with it ends the API server, in upstream's words.

import { expect, test } from 'vitest';
import { configureAdmission } from '../../../worker/admission/index.ts';
import { ConfigFault } from '../../../worker/lib/config-file.ts';
import { forPlugin } from './ask.ts';

const FILE = '/etc/kubernetes/admission/config.yaml';

function problem(files: Record<string, string>, enabled = ''): string {
  try {
    configureAdmission({ 'admission-control-config-file': FILE, 'enable-admission-plugins': enabled }, (path) => files[path]);
    return '';
  } catch (error) {
    if (error instanceof ConfigFault) return error.message.replace('failed to apply admission: ', '');
    throw error;
  }
}

const POD_SECURITY = ['apiVersion: pod-security.admission.config.k8s.io/v1', 'kind: PodSecurityConfiguration'];
const podSecurity = (...lines: string[]): Record<string, string> => ({ [FILE]: forPlugin('PodSecurity', ...POD_SECURITY, ...lines) });
const by = (path: string, files: Record<string, string>): Record<string, string> => ({
  [FILE]: `apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: PodSecurity\n  path: ${path}\n`,
  ...files,
});

interface Row {
  readonly name: string;
  readonly files: Record<string, string>;
  readonly want: string;
  readonly enabled?: string;
}

test.each<Row>([
  {
    name: 'no file',
    files: {},
    want: `failed to read plugin config: unable to read admission control configuration from "${FILE}" [open ${FILE}: no such file or directory]`,
  },
  { name: 'no plugins', files: { [FILE]: 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n' }, want: '' },
  {
    name: 'a field that nobody knows is passed over',
    files: { [FILE]: 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nx: 1\n' },
    want: '',
  },
  {
    name: 'no kind',
    files: { [FILE]: 'plugins: []\n' },
    want: "failed to read plugin config: Object 'Kind' is missing in 'plugins: []\n'",
  },
  {
    name: 'another kind',
    files: { [FILE]: 'apiVersion: v1\nkind: Pod\n' },
    want: 'failed to read plugin config: no kind "Pod" is registered for version "v1" in scheme "pkg/server/options/admission.go:45"',
  },
  {
    name: 'no list',
    files: { [FILE]: 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: 3\n' },
    want: 'failed to read plugin config: json: cannot unmarshal number into Go struct field AdmissionConfiguration.plugins of type []v1.AdmissionPluginConfiguration',
  },
  { name: 'plugins that are switched off are not looked at', files: { [FILE]: forPlugin('ImagePolicyWebhook', 'x: 1') }, want: '' },
  {
    name: 'a file of its own',
    files: by('/a.yaml', { '/a.yaml': [...POD_SECURITY, 'defaults: {enforce: baseline}'].join('\n') }),
    want: '',
  },
  {
    name: 'a file beside it',
    files: by('ps.yaml', { '/etc/kubernetes/admission/ps.yaml': 'kind: x' }),
    want: "couldn't init admission plugin \"PodSecurity\": Object 'apiVersion' is missing in 'kind: x'",
  },
  {
    name: 'a file of its own that is not there',
    files: by('/a.yaml', {}),
    want: 'Couldn\'t open admission plugin configuration /a.yaml: &fs.PathError{Op:"open", Path:"/a.yaml", Err:0x2}',
  },
  {
    name: 'PodSecurity: another kind',
    files: { [FILE]: forPlugin('PodSecurity', 'apiVersion: x/v1', 'kind: Z') },
    want: 'couldn\'t init admission plugin "PodSecurity": no kind "Z" is registered for version "x/v1" in scheme "k8s.io/pod-security-admission/admission/api/scheme/scheme.go:31"',
  },
  {
    name: 'PodSecurity: unknown fields',
    files: podSecurity('defaults: {enforced: baseline}', 'exempt: []'),
    want: 'couldn\'t init admission plugin "PodSecurity": strict decoding error: unknown field "defaults.enforced", unknown field "exempt"',
  },
  {
    name: 'PodSecurity: a level and a version that there are not',
    files: podSecurity('defaults: {enforce: x, warn-version: z}'),
    want: 'failed to initialize admission plugin "PodSecurity": PodSecurity configuration error: [enforce: must be one of privileged, baseline, restricted, warn-version: must be "latest" or "v1.x"]',
  },
  {
    name: 'PodSecurity: exemptions',
    files: podSecurity('exemptions: {namespaces: [a, a], usernames: [""], runtimeClasses: [k, K]}'),
    want:
      'failed to initialize admission plugin "PodSecurity": PodSecurity invalid: [exemptions.namespaces[1]: Duplicate value: "a", exemptions.runtimeClasses[1]: Invalid value: "K": ' +
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
      '\'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\'), exemptions.usernames[0]: Invalid value: "": username must not be empty]',
  },
  {
    name: 'EventRateLimit: without a configuration',
    files: { [FILE]: forPlugin('PodSecurity', ...POD_SECURITY) },
    enabled: 'EventRateLimit',
    want: 'couldn\'t init admission plugin "EventRateLimit": limits: Invalid value: null: must not be empty',
  },
  {
    name: 'EventRateLimit: limits',
    files: {
      [FILE]: forPlugin(
        'EventRateLimit',
        'apiVersion: eventratelimit.admission.k8s.io/v1alpha1',
        'kind: Configuration',
        'limits: [{type: X, qps: 1}, {type: User, qps: 0, burst: 1, cacheSize: -1}]',
      ),
    },
    enabled: 'EventRateLimit',
    want:
      'couldn\'t init admission plugin "EventRateLimit": [limits[0].type: Unsupported value: "X": supported values: "Namespace", "Server", "SourceAndObject", "User", limits[0].burst: Invalid value: 0: must be positive, ' +
      'limits[1].qps: Invalid value: 0: must be positive, limits[1].cacheSize: Invalid value: -1: must not be negative]',
  },
  {
    name: 'PodTolerationRestriction: tolerations',
    files: {
      [FILE]: forPlugin(
        'PodTolerationRestriction',
        'apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1',
        'kind: Configuration',
        'default: [{operator: Equal}]',
      ),
    },
    enabled: 'PodTolerationRestriction',
    want: 'couldn\'t init admission plugin "PodTolerationRestriction": invalid config: [podtolerationrestriction.default[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"]',
  },
  {
    name: 'ValidatingAdmissionWebhook: a path that is not absolute',
    files: {
      [FILE]: forPlugin(
        'ValidatingAdmissionWebhook',
        'apiVersion: apiserver.config.k8s.io/v1',
        'kind: WebhookAdmissionConfiguration',
        'kubeConfigFile: a',
      ),
    },
    want: 'couldn\'t init admission plugin "ValidatingAdmissionWebhook": kubeConfigFile: Invalid value: "a": must be an absolute file path',
  },
  {
    name: 'ResourceQuota: no resource',
    files: {
      [FILE]: forPlugin(
        'ResourceQuota',
        'apiVersion: apiserver.config.k8s.io/v1',
        'kind: ResourceQuotaConfiguration',
        'limitedResources: [{matchContains: [x]}]',
      ),
    },
    want: 'couldn\'t init admission plugin "ResourceQuota": limitedResources[0].resource: Required value',
  },
])('$name', ({ files, want, enabled }) => {
  expect(problem(files, enabled)).toBe(want);
});
