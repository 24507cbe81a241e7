// What the controllers of ingress-nginx do: write the nginx.conf that the Ingresses of their class ask for, reload, and tell Ingresses where they can be reached. They
// are found by what runs in a pod, so that a chart's works like the addon's. Mirrors ingress-nginx internal/ingress/{controller,status}.
//
// Keys: `pod <namespace>/<name>` of a pod that may be a controller; `sync`; `status`; `told <namespace>/<name>` of an Ingress.

import { sha256 } from '@noble/hashes/sha2.js';
import { delayed, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, ControllerState, Requeue } from '../../api/controller.ts';
import type { Node, Pod, Service } from '../../api/gen/core-v1.ts';
import type { Ingress, IngressLoadBalancerIngress } from '../../api/gen/networking-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { canonicalJson, isEqual } from '../../lib/json.ts';
import { utf8 } from '../../lib/text.ts';
import { makeCertificate, publicKeyInfoOf } from '../../lib/x509/certificate.ts';
import { configMaps } from '../../resources/core/configmap.ts';
import { nodes } from '../../resources/core/node.ts';
import { isReady } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { secrets } from '../../resources/core/secret.ts';
import { services } from '../../resources/core/service.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';
import { ingressClasses } from '../../resources/networking/ingressclass.ts';
import { ingresses } from '../../resources/networking/ingress.ts';
import { containerFiles } from '../../world/files/container-files.ts';
import { klogLine } from '../../world/programs/control-plane/klog.ts';
import { INGRESS_CONTROLLER } from '../../world/programs/nginx/ingress-controller.ts';
import { SETTINGS_FILE } from '../../world/programs/nginx/ingress-webhook.ts';
import { signalContainer } from '../../world/runtime/lifecycle.ts';
import { appendLog } from '../../world/runtime/log.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import { checksumOf, configText, FAKE_CERTIFICATE } from './config.ts';
import { ingressesOf, isWanted, serversOf } from './model.ts';
import { flagsOf, settingsOf } from './options.ts';
import type { Flags } from './options.ts';

const IMAGE = 'ingress-nginx/controller';
const CONFIG = '/etc/nginx/nginx.conf';
/** Changes are looked at together; addresses are told once a minute. */
const [SYNC_MS, STATUS_MS] = [300, 60_000];

interface Running {
  readonly pod: Pod;
  readonly sandbox: Sandbox;
  readonly container: Container;
  readonly flags: Flags;
}

export function makeIngressNginx(world: World): Controller {
  return {
    name: 'ingress-nginx',
    component: 'ingress-nginx',
    reporter: 'nginx-ingress-controller',
    watches: [
      watch(pods, (pod) => (pod.spec.containers.some(({ image = '' }) => image.includes(IMAGE)) ? [`pod ${keyOf(pod)}`] : [])),
      watch(ingresses, (ingress, _previous, _reader, type) => (type === 'deleted' ? ['sync'] : [`told ${keyOf(ingress)}`, 'sync'])),
      watch(secrets, ({ metadata }, _previous, reader) => (isWanted(reader, metadata.namespace ?? '', metadata.name) ? ['sync'] : [])),
      watch(ingressClasses, () => ['sync']),
      delayed(SYNC_MS, watch(services, keysNear)),
      delayed(SYNC_MS, watch(endpointSlices, keysNear)),
      delayed(
        SYNC_MS,
        watch(configMaps, ({ metadata }) => (metadata.name.includes('ingress') ? ['sync'] : [])),
      ),
    ],
    reconcile(key, context) {
      const [what, place = ''] = key.split(' ') as [string, string?];
      if (what === 'pod') return notePod(place, context);
      const running = runningControllers(world, context);
      if (!running.length) return undefined;
      if (what === 'told') return tellOfSync(place, running, context);
      if (what === 'status') return writeStatus(running, context);
      for (const one of running) configure(world, one, context);
      return undefined;
    },
  };
}

const hasIngresses = (reader: ClusterReader, namespace?: string): boolean =>
  reader.list(ingresses, namespace === undefined ? {} : { namespace }).length > 0;

const keysNear = ({ metadata }: Pick<Service, 'metadata'>, _previous: unknown, reader: ClusterReader): string[] =>
  hasIngresses(reader, metadata.namespace ?? '') ? ['sync'] : [];

const CONTROLLER = 'controller ';

function notePod(key: string, { api, state, enqueue }: ControllerContext): undefined {
  const { namespace, name } = splitKey(key);
  const pod = api.get(pods, namespace, name);
  if (!pod) return state.delete(CONTROLLER + key) as undefined;
  state.set(CONTROLLER + key, pod.metadata.uid);
  if (!isReady(pod)) return undefined;
  enqueue('sync');
  enqueue('status');
  return undefined;
}

const known = (state: ControllerState): string[] =>
  state.entries().flatMap(([key]) => (key.startsWith(CONTROLLER) ? [key.slice(CONTROLLER.length)] : []));

function runningControllers(world: World, { api, state }: ControllerContext): Running[] {
  return known(state).flatMap((key) => {
    const { namespace, name } = splitKey(key);
    const pod = api.get(pods, namespace, name);
    if (!pod) return [];
    return world.sandboxes
      .find('pod', pod.metadata.uid)
      .flatMap((sandbox) =>
        sandbox.containers
          .filter(({ main, state: now }) => main === INGRESS_CONTROLLER && now === 'running')
          .map((container) => ({ pod, sandbox, container, flags: flagsOf(container.argv) })),
      );
  });
}

function configure(world: World, { pod, sandbox, container, flags }: Running, context: ControllerContext): void {
  const { api, event, now } = context;
  const servers = serversOf(api, ingressesOf(api, flags));
  const settings = settingsOf(api, flags);
  const text = configText(servers, settings);
  const files = containerFiles(world, sandbox, container);
  const told = canonicalJson(settings);
  if (files.find(SETTINGS_FILE)?.content !== told) files.write(SETTINGS_FILE, told);
  if (!files.exists(FAKE_CERTIFICATE)) files.write(FAKE_CERTIFICATE, fakeCertificate(container.id, container.startedAt));
  for (const { certificate } of servers)
    if (certificate && files.find(certificate.file)?.content !== certificate.content) files.write(certificate.file, certificate.content);
  for (const { auth } of servers.flatMap(({ places }) => places))
    if (auth?.file && files.find(auth.file)?.content !== auth.content) files.write(auth.file, auth.content);
  const before = files.find(CONFIG)?.content ?? '';
  if (before === text) return;
  const say = (level: 'I' | 'W', place: string, message: string): void =>
    appendLog(world, container.id, 'stderr', klogLine(now(), level, place, message));
  const isReload = checksumOf(before) !== checksumOf(text);
  for (const { upstream, ingress } of servers.flatMap(({ places }) => places))
    if (isReload && upstream.name && !upstream.endpoints.length)
      say(
        'W',
        'controller.go:1216',
        `Service ${JSON.stringify(`${ingress.metadata.namespace}/${upstream.service}`)} does not have any active Endpoint.`,
      );
  if (isReload) say('I', 'controller.go:196', '"Configuration changes detected, backend reload required"');
  files.write(CONFIG, text);
  signalContainer(world, sandbox, container, 'HUP');
  if (!isReload) return;
  say('I', 'controller.go:216', '"Backend successfully reloaded"');
  event(pod, 'Normal', 'RELOAD', 'NGINX reload triggered due to a change in configuration');
}

function tellOfSync(key: string, running: readonly Running[], { api, event, enqueue }: ControllerContext): undefined {
  const { namespace, name } = splitKey(key);
  const ingress = api.get(ingresses, namespace, name);
  if (!ingress || !running.some(({ flags }) => ingressesOf(api, flags).some(({ metadata }) => metadata.uid === ingress.metadata.uid)))
    return;
  event(ingress, 'Normal', 'Sync', 'Scheduled for sync');
  if (!ingress.status.loadBalancer.ingress?.length) enqueue('status');
}

/** What the first controller, who leads, says of where it is; looked at again each minute as long as an Ingress does not know it. */
function writeStatus(running: readonly Running[], { api, state, now }: ControllerContext): Requeue | undefined {
  const [leader] = running;
  const due = leader!.container.startedAt + STATUS_MS * Math.max(0, Math.floor((now() - leader!.container.startedAt) / STATUS_MS));
  const last = state.get<number>('status');
  const wanted = addressesOf(api, leader!.flags, running);
  const stale = ingressesOf(api, leader!.flags).filter(({ status }) => !isEqual(status.loadBalancer.ingress ?? [], wanted));
  if (!stale.length) return undefined;
  if (last !== undefined && last >= due) return { after: due + STATUS_MS - now() };
  state.set('status', now());
  for (const ingress of stale) publish(ingress, wanted, api);
  return undefined;
}

function publish(ingress: Ingress, wanted: readonly IngressLoadBalancerIngress[], api: ControllerContext['api']): void {
  api.updateStatus(ingresses, {
    ...ingress,
    status: { ...ingress.status, loadBalancer: wanted.length ? { ingress: [...wanted] } : {} },
  });
}

function addressesOf(reader: ClusterReader, flags: Flags, running: readonly Running[]): IngressLoadBalancerIngress[] {
  const point = (text: string): IngressLoadBalancerIngress => (/^[\d.]+$|:/.test(text) ? { ip: text } : { hostname: text });
  if (flags.publishAddresses.length) return flags.publishAddresses.map(point);
  if (flags.publishService) {
    const { namespace, name } = splitKey(flags.publishService);
    const service = reader.get(services, namespace, name);
    return service ? addressesOfService(service).map(point) : [];
  }
  const found = running.flatMap(({ pod }) => {
    const node = reader.get(nodes, '', pod.spec.nodeName ?? '');
    return node ? [addressOfNode(node, flags.reportsInternalIp)] : [];
  });
  return [...new Set(found)].sort().map(point);
}

function addressesOfService({ spec, status }: Service): string[] {
  const outer = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ? [spec.externalName] : [];
  if (spec.type === 'LoadBalancer') {
    const given = (status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);
    return [...new Set([...given, ...outer])].sort();
  }
  return outer.length ? [...outer] : [spec.clusterIP ?? ''].filter(Boolean);
}

/** The outer address, unless it is not wanted or there is none. */
function addressOfNode({ status, metadata }: Node, wantsInternal: boolean): string {
  const of = (type: string): string | undefined => status.addresses?.find((one) => one.type === type)?.address;
  return (wantsInternal ? of('InternalIP') : (of('ExternalIP') ?? of('InternalIP'))) ?? metadata.name;
}

const YEAR_MS = 365 * 86_400_000;

/** What those are shown who want TLS where nobody gave a certificate: signed by itself, and for nobody. */
function fakeCertificate(seed: string, now: number): string {
  const key = sha256(utf8(`fake certificate ${seed}`));
  const subject = { commonName: 'Kubernetes Ingress Controller Fake Certificate', organizations: ['Acme Co'] };
  return makeCertificate({
    subject,
    issuer: subject,
    issuerKey: key,
    publicKeyInfo: publicKeyInfoOf(key),
    serial: sha256(key).slice(0, 16),
    notBefore: now,
    notAfter: now + YEAR_MS,
    usages: ['digital signature', 'key encipherment', 'server auth'],
    dnsNames: ['ingress.local'],
  });
}
