// A server is asked whether the images of a pod may be used. Mirrors kubernetes plugin/pkg/admission/imagepolicy. Its answers are kept in memory for a while, as upstream
// does. Differs: a call that fails is not repeated, and names of services of the cluster are found, though the API server's host knows none.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest, ExternalRequest, ReadFile } from '../api/admission.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { checkShape, ShapeError, struct } from '../lib/config-shape.ts';
import { ConfigFault } from '../lib/config-file.ts';
import { isRecord } from '../lib/json.ts';
import { formatDuration } from '../lib/time.ts';
import { readYaml, YamlError } from '../lib/yaml.ts';
import { ipAddresses } from '../resources/networking/ipaddress.ts';
import { clientOf, readKubeconfig } from './kubeconfig.ts';
import type { Client } from './kubeconfig.ts';
import { only, refusal } from './refusal.ts';
import { CallProblem, readJson, uidOfText } from './webhooks/http.ts';

interface Configuration {
  readonly client: Client;
  /** How long answers are good for, ms. */
  readonly allowMs: number;
  readonly denyMs: number;
  /** What happens if nobody answers. */
  readonly defaultAllow: boolean;
}

const DOMAIN = '.image-policy.k8s.io/';
const AUDIT = `imagepolicywebhook${DOMAIN}`;
const TIMEOUT_MS = 30_000;

export const imagePolicyWebhook: AdmissionPlugin<Configuration> = {
  name: 'ImagePolicyWebhook',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods'),
  configure,
  validate(request, context, configuration) {
    const { operation, subresource } = request;
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || (subresource && subresource !== 'ephemeralcontainers')) return;
    const status = reviewed(specOf(request), request, context, configuration);
    if (!status) return;
    for (const [key, value] of Object.entries(status.auditAnnotations ?? {})) request.annotate(AUDIT + key, value);
    if (status.allowed) return;
    throw refusal(
      request,
      status.reason
        ? `image policy webhook backend denied one or more images: ${status.reason}`
        : 'one or more images rejected by webhook backend',
    );
  },
};

/** What is asked about. */
function specOf({ object, subresource, namespace }: AdmissionRequest): object {
  const { metadata, spec } = object as Pod;
  const containers = subresource ? (spec.ephemeralContainers ?? []) : [...spec.containers, ...(spec.initContainers ?? [])];
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.includes(DOMAIN));
  return {
    ...(containers.length && { containers: containers.map(({ image }) => ({ ...(image && { image }) })) }),
    ...(annotations.length && { annotations: Object.fromEntries(annotations) }),
    namespace,
  };
}

interface Status {
  readonly allowed?: boolean;
  readonly reason?: string;
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** What was answered before, by what a running API server was configured with; least recently used first. */
const answers = new WeakMap<Configuration, Map<string, { readonly status: Status; readonly until: number }>>();
const MAX_ANSWERS = 1024;

/** Undefined if nobody answers, and that is good enough. */
function reviewed(spec: object, request: AdmissionRequest, context: AdmissionContext, configuration: Configuration): Status | undefined {
  let known = answers.get(configuration);
  if (!known) answers.set(configuration, (known = new Map()));
  const key = JSON.stringify(spec);
  const before = known.get(key);
  known.delete(key);
  if (before && before.until > context.now()) {
    known.set(key, before);
    return before.status;
  }
  try {
    const status = ask(spec, context, configuration);
    known.set(key, { status, until: context.now() + (status.allowed ? configuration.allowMs : configuration.denyMs) });
    if (known.size > MAX_ANSWERS) known.delete(known.keys().next().value!);
    return status;
  } catch (error) {
    if (!(error instanceof CallProblem)) throw error;
    if (!configuration.defaultAllow) throw refusal(request, error.message);
    request.annotate(`${AUDIT}failed-open`, 'true');
    return undefined;
  }
}

/** Throws CallProblem, or Pending. */
function ask(spec: object, { external, reader }: AdmissionContext, { client }: Configuration): Status {
  const { server, caBundle, trustsAnyone, authorization } = client;
  const body = JSON.stringify({
    kind: 'ImageReview',
    apiVersion: 'imagepolicy.k8s.io/v1alpha1',
    metadata: {},
    spec,
    status: { allowed: false },
  });
  const service = serviceAt(server, reader);
  const answer = external.call({
    key: `${uidOfText(body)} ${server}`,
    ...(service && { service }),
    url: server,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, */*', ...(authorization && { authorization }) },
    body,
    ...(caBundle && { caBundle }),
    ...((trustsAnyone || server.startsWith('http:')) && { trustsAnyone: true }),
    timeoutMs: TIMEOUT_MS,
  });
  const review = readJson(server, answer);
  if (!review['kind']) throw new CallProblem(`Object 'Kind' is missing in '${answer.body}'`);
  return (isRecord(review['status']) ? review['status'] : {}) as Status;
}

/** The service of the cluster to which a URL leads, by its name or its address. */
function serviceAt(url: string, reader: ClusterReader): ExternalRequest['service'] {
  const [, scheme, host = '', port] = /^(https?):\/\/([^/:]+)(?::(\d+))?/.exec(url) ?? [];
  const at = Number(port ?? (scheme === 'http' ? 80 : 443));
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/.exec(host) ?? [];
  if (name && namespace) return { namespace, name, port: at };
  const parent = reader.get(ipAddresses, '', host)?.spec.parentRef;
  if (parent?.resource !== 'services') return undefined;
  return { namespace: parent.namespace ?? '', name: parent.name ?? '', port: at };
}

const SHAPE = struct('AdmissionConfig', {
  imagePolicy: struct('imagePolicyWebhookConfig', {
    kubeConfigFile: 'string',
    allowTTL: 'int64',
    denyTTL: 'int64',
    retryBackoff: 'int64',
    defaultAllow: 'bool',
  }),
});

interface Given {
  readonly kubeConfigFile?: string;
  readonly allowTTL?: number;
  readonly denyTTL?: number;
  readonly retryBackoff?: number;
  readonly defaultAllow?: boolean;
}

const [SECOND, MINUTE] = [1000, 60_000];

function configure(text: string | undefined, read: ReadFile): Configuration {
  if (text === undefined) throw new ConfigFault('no config specified');
  const given = parse(text);
  millisecondsOf(given.retryBackoff, 1, [1e-6, 5 * MINUTE], 500);
  const allowMs = millisecondsOf(given.allowTTL, SECOND, [SECOND, 30 * MINUTE], 5 * MINUTE);
  const denyMs = millisecondsOf(given.denyTTL, SECOND, [SECOND, 30 * MINUTE], 30 * SECOND);
  const client = clientOf(readKubeconfig(given.kubeConfigFile ?? '', read), read);
  return { client, allowMs, denyMs, defaultAllow: given.defaultAllow ?? false };
}

function parse(text: string): Given {
  try {
    const { value } = readYaml(text);
    if (!isRecord(value)) return {};
    checkShape(value, SHAPE);
    return (value['imagePolicy'] ?? {}) as Given;
  } catch (error) {
    throw error instanceof YamlError || error instanceof ShapeError ? new ConfigFault(error.message) : error;
  }
}

/** 0 is the default, -1 is never. */
function millisecondsOf(given = 0, scale: number, [min, max]: readonly [number, number], byDefault: number): number {
  if (given === -1) return 0;
  if (given === 0) return byDefault;
  const value = given * scale;
  if (value < min || value > max)
    throw new ConfigFault(`valid value is between ${formatDuration(min)} and ${formatDuration(max)}, got ${formatDuration(value)}`);
  return value;
}
