// The configuration of a kubelet: /var/lib/kubelet/config.yaml of its machine, as it was when the kubelet started last. Mirrors pkg/kubelet/apis/config/validation and
// the complaints of cmd/kubelet. What has no effect here is checked for its type only.

import { isRecord } from '../../lib/json.ts';
import { canonicalQuantity, quantityValue } from '../../lib/quantity.ts';
import { parseDuration } from '../../lib/time.ts';
import { readYaml, YamlError } from '../../lib/yaml.ts';
import { machineFiles } from '../../world/files/machine-files.ts';
import type { FileSystem } from '../../world/files/file-system.ts';
import type { World } from '../../world/world.ts';
import { KUBECONFIG } from './kubeconfig.ts';

export interface KubeletConfig {
  readonly maxPods: number;
  readonly staticPodPath: string;
  /** Servers of names for pods; undefined for the cluster's. */
  readonly clusterDns?: readonly string[];
  /** Undefined for the cluster's. */
  readonly clusterDomain?: string;
  /** By signal: `memory.available` → `100Mi` or `10%`. */
  readonly evictionHard: Readonly<Record<string, string>>;
  readonly pressureTransitionMs: number;
}

/** As kubeadm leaves it. */
const DEFAULT_CONFIG: KubeletConfig = {
  maxPods: 110,
  staticPodPath: '/etc/kubernetes/manifests',
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
  },
  pressureTransitionMs: 5 * 60_000,
};

const SCOPE = 'kubelet-config';
const PATH = '/var/lib/kubelet/config.yaml';

export const kubeletConfig = (world: World, machine: string): KubeletConfig =>
  world.state.get<KubeletConfig>(SCOPE, machine) ?? DEFAULT_CONFIG;

/** A machine that nobody has set up by such files has nothing to read. */
export function isConfigured(world: World, machine: string): boolean {
  const files = machineFiles(world, machine);
  return files.exists(PATH) || files.exists(KUBECONFIG);
}

/** Reads it anew. Gives what is wrong: then the kubelet cannot start, and what held before stays noted. */
export function loadConfig(world: World, machine: string): string | undefined {
  const files = machineFiles(world, machine);
  const read = readConfig(files);
  if (typeof read === 'string') return read;
  world.state.set(SCOPE, machine, read);
  return undefined;
}

function readConfig(files: FileSystem): KubeletConfig | string {
  const problem = (text: string): string =>
    `failed to load kubelet config file, path: ${PATH}, error: failed to load Kubelet config file ${PATH}, error ${text}`;
  const file = files.find(PATH);
  if (file?.type !== 'file')
    return problem(`failed to read kubelet config file ${JSON.stringify(PATH)}, error: open ${PATH}: no such file or directory`);
  const text = file.content ?? '';
  let value: unknown;
  try {
    ({ value } = readYaml(text));
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return problem(`failed to decode: ${error.message}`);
  }
  if (!isRecord(value) || typeof value['kind'] !== 'string') return problem(`failed to decode: Object 'Kind' is missing in '${text}'`);
  if (typeof value['apiVersion'] !== 'string') return problem(`failed to decode: Object 'apiVersion' is missing in '${text}'`);
  if (value['apiVersion'] !== 'kubelet.config.k8s.io/v1beta1' || value['kind'] !== 'KubeletConfiguration')
    return problem(
      `failed to decode: no kind ${JSON.stringify(value['kind'])} is registered for version ${JSON.stringify(value['apiVersion'])} in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"`,
    );
  const typeError = typeProblem(value, '');
  if (typeError !== undefined) return problem(`failed to decode: ${typeError}`);
  return valid(value as Given, files);
}

interface Given {
  readonly maxPods?: number;
  readonly staticPodPath?: string;
  readonly clusterDNS?: readonly string[];
  readonly clusterDomain?: string;
  readonly evictionHard?: Readonly<Record<string, string>>;
  readonly evictionPressureTransitionPeriod?: string;
  readonly authentication?: { readonly x509?: { readonly clientCAFile?: string } };
  readonly [field: string]: unknown;
}

/** Go's names of the types of fields. */
const TYPES: Readonly<Record<string, string>> = {
  maxPods: 'int32',
  podsPerCore: 'int32',
  port: 'int32',
  readOnlyPort: 'int32',
  healthzPort: 'int32',
  registryBurst: 'int32',
  eventBurst: 'int32',
  kubeAPIBurst: 'int32',
  nodeStatusMaxImages: 'int32',
  imageGCHighThresholdPercent: 'int32',
  imageGCLowThresholdPercent: 'int32',
  containerLogMaxFiles: 'int32',
  staticPodPath: 'string',
  clusterDomain: 'string',
  cgroupDriver: 'string',
  containerRuntimeEndpoint: 'string',
  containerLogMaxSize: 'string',
  evictionPressureTransitionPeriod: 'string',
  failSwapOn: 'bool',
  rotateCertificates: 'bool',
  serverTLSBootstrap: 'bool',
  serializeImagePulls: 'bool',
  clusterDNS: '[]string',
  evictionHard: 'map[string]string',
  evictionSoft: 'map[string]string',
  authentication: 'v1beta1.KubeletAuthentication',
  'authentication.x509': 'v1beta1.KubeletX509Authentication',
  'authentication.x509.clientCAFile': 'string',
  'authentication.anonymous': 'v1beta1.KubeletAnonymousAuthentication',
  'authentication.anonymous.enabled': 'bool',
};

function typeProblem(record: Readonly<Record<string, unknown>>, parent: string): string | undefined {
  for (const [name, value] of Object.entries(record)) {
    const path = parent ? `${parent}.${name}` : name;
    const type = TYPES[path];
    if (type === undefined || value === null) continue;
    if (!fitsType(value, type)) {
      const found = Array.isArray(value) ? 'array' : isRecord(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value;
      return `json: cannot unmarshal ${found} into Go struct field KubeletConfiguration.${path} of type ${type}`;
    }
    const inner = isRecord(value) && !type.startsWith('map') ? typeProblem(value, path) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function fitsType(value: unknown, type: string): boolean {
  if (type === 'int32') return Number.isInteger(value);
  if (type === 'bool') return typeof value === 'boolean';
  if (type === 'string') return typeof value === 'string';
  if (type === '[]string') return Array.isArray(value) && value.every((one) => typeof one === 'string');
  return isRecord(value) && (!type.startsWith('map') || Object.values(value).every((one) => typeof one === 'string'));
}

const SIGNALS = new Set([
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
]);

function valid(given: Given, files: FileSystem): KubeletConfig | string {
  const { maxPods = 110, evictionHard, clusterDNS, clusterDomain, staticPodPath = '' } = given;
  const errors = numberProblems(given);
  if (errors.length) {
    const all = errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`;
    return `failed to validate kubelet configuration, error: ${all}, path: &TypeMeta{Kind:,APIVersion:,}`;
  }
  const ca = given.authentication?.x509?.clientCAFile;
  if (ca && !files.find(ca))
    return `failed to construct kubelet dependencies: unable to load client CA file ${ca}: open ${ca}: no such file or directory`;
  const eviction = evictionProblem(evictionHard ?? {});
  if (eviction !== undefined) return `failed to run Kubelet: ${eviction}`;
  return {
    maxPods: maxPods || 110,
    staticPodPath: staticPodPath.replace(/(.)\/+$/, '$1'),
    ...(clusterDNS?.length && { clusterDns: clusterDNS }),
    ...(clusterDomain && { clusterDomain }),
    evictionHard: evictionHard && Object.keys(evictionHard).length ? evictionHard : DEFAULT_CONFIG.evictionHard,
    pressureTransitionMs: parseDuration(given.evictionPressureTransitionPeriod ?? '0s') || DEFAULT_CONFIG.pressureTransitionMs,
  };
}

/** Fields that must not be negative, with their flags. */
const NOT_NEGATIVE: readonly (readonly [field: string, flag: string])[] = [
  ['eventBurst', '--event-burst'],
  ['kubeAPIBurst', '--kube-api-burst'],
  ['maxPods', '--max-pods'],
  ['podsPerCore', '--pods-per-core'],
  ['registryBurst', '--registry-burst'],
];

function numberProblems(given: Given): string[] {
  const number = (field: string): number | undefined => given[field] as number | undefined;
  const errors = NOT_NEGATIVE.filter(([field]) => (number(field) ?? 0) < 0).map(
    ([field, flag]) => `invalid configuration: ${field} (${flag}) ${number(field)} must not be a negative number`,
  );
  const [high = 85, low = 80] = [number('imageGCHighThresholdPercent'), number('imageGCLowThresholdPercent')];
  for (const [field, flag, value] of [
    ['imageGCHighThresholdPercent', '--image-gc-high-threshold', high],
    ['imageGCLowThresholdPercent', '--image-gc-low-threshold', low],
  ] as const)
    if (value < 0 || value > 100) errors.push(`invalid configuration: ${field} (${flag}) ${value} must be between 0 and 100, inclusive`);
  if (low >= high)
    errors.push(
      `invalid configuration: imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`,
    );
  const port = number('port') || 10_250;
  if (port < 1 || port > 65_535) errors.push(`invalid configuration: port (--port) ${port} must be between 1 and 65535, inclusive`);
  return errors;
}

function evictionProblem(thresholds: Readonly<Record<string, string>>): string | undefined {
  for (const [signal, text] of Object.entries(thresholds)) {
    if (!SIGNALS.has(signal)) return `unsupported eviction signal ${signal}`;
    if (text.endsWith('%')) {
      const percent = Number(text.slice(0, -1));
      if (Number.isNaN(percent)) return `strconv.ParseFloat: parsing ${JSON.stringify(text.slice(0, -1))}: invalid syntax`;
      if (percent < 0) return `eviction percentage threshold ${signal} must be >= 0%: ${text}`;
      if (percent > 100) return `eviction percentage threshold ${signal} must be <= 100%: ${text}`;
    } else {
      const quantity = canonicalQuantity(text);
      if (quantity === undefined) return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
      if (quantityValue(quantity) < 0) return `eviction threshold ${signal} must be positive: ${quantity}`;
    }
  }
  return undefined;
}
