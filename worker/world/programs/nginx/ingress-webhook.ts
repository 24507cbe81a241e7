// The validating webhook of an ingress-nginx: refuses an Ingress with which the configuration could not be as it says. What is there already it reads from the
// nginx.conf that it runs with. Mirrors ingress-nginx internal/admission/controller and CheckIngress of internal/ingress/controller.

import type { Ingress } from '../../../api/gen/networking-v1.ts';
import { isRecord } from '../../../lib/json.ts';
import { fromByteString } from '../../../lib/text.ts';
import { httpListener } from '../../network/http-server.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { Listener, ServiceContext } from '../../process/program.ts';
import { flag, switchFlag } from '../agnhost/flags.ts';
import { klogLine } from '../control-plane/klog.ts';
import type { Site } from './site.ts';

/** Where the ConfigMap's settings are for those who answer requests. */
export const SETTINGS_FILE = '/etc/nginx/lua/cfg.json';
/** What servers without a host are named. */
const ANY_HOST = '_';
const ANNOTATIONS = 'nginx.ingress.kubernetes.io/';

/** The port of `--validating-webhook=:8443`. */
export function webhookPortOf(context: Pick<ServiceContext, 'argv'>): number | undefined {
  const port = Number(/:(\d+)$/.exec(flag(context, 'validating-webhook') ?? '')?.[1]);
  return port || undefined;
}

export const webhookListener = (port: number, site: Site): Listener => ({
  ...httpListener(port, (request, context) => review(request, site, context)),
  isTls: true,
});

function review({ body }: HttpRequest, site: Site, context: ServiceContext): HttpAnswer {
  let asked: unknown;
  try {
    asked = JSON.parse(fromByteString(body));
  } catch {
    return plain(400);
  }
  const { apiVersion, kind, request } = isRecord(asked) ? asked : {};
  if (kind !== 'AdmissionReview' || !isRecord(request) || !isRecord(request['kind'])) return plain(500);
  const { group, version, kind: of } = request['kind'];
  if (group !== 'networking.k8s.io' || version !== 'v1' || of !== 'Ingress') return plain(500);
  const ingress = request['object'] as Ingress;
  const problem = problemOf(ingress, site, context);
  const about = `ingress=${JSON.stringify(`${String(request['namespace'] ?? '')}/${String(request['name'] ?? '')}`)}`;
  context.log(
    'stderr',
    problem === undefined
      ? klogLine(context.now(), 'I', 'main.go:107', `"successfully validated configuration, accepting" ${about}`)
      : klogLine(context.now(), 'E', 'main.go:96', `"invalid ingress configuration" err=${JSON.stringify(problem)} ${about}`),
  );
  const response = {
    uid: request['uid'],
    allowed: problem === undefined,
    ...(problem !== undefined && { status: { metadata: {}, status: 'Failure', message: problem, reason: 'BadRequest', code: 400 } }),
  };
  return { status: 200, headers: [['Content-Type', 'application/json']], body: JSON.stringify({ kind, apiVersion, response }) };
}

const plain = (status: number): HttpAnswer => ({ status, headers: [], body: '' });

function problemOf(ingress: Ingress, site: Site, context: ServiceContext): string | undefined {
  if (ingress.metadata.deletionTimestamp !== undefined || !isOfClass(ingress, context)) return undefined;
  const watched = flag(context, 'watch-namespace') ?? '';
  if (watched && ingress.metadata.namespace !== watched) return undefined;
  if (switchFlag(context, 'disable-catch-all') && ingress.spec.defaultBackend)
    return "this deployment is trying to create a catch-all ingress while DisableCatchAll flag is set to true. Remove '.spec.defaultBackend' or set DisableCatchAll flag to false";
  const settings = settingsFrom(context);
  const minor = Number(/^v1\.(\d+)/.exec(context.env['CONTROLLER_VERSION'] ?? '')?.[1] ?? 0);
  if ((settings['strict-validate-path-type'] ?? String(minor >= 12)) === 'true') {
    const wrong = wrongPaths(ingress);
    if (wrong.length) return `ingress contains invalid paths: ${wrong.join('\n')}`;
  }
  if ((settings['allow-snippet-annotations'] ?? String(minor < 9)) !== 'true') {
    const snippet = Object.keys(ingress.metadata.annotations ?? {}).find((key) => key.endsWith('-snippet'));
    if (snippet) return `${snippet} annotation cannot be used. Snippet directives are disabled by the Ingress administrator`;
  }
  return overlapOf(ingress, site);
}

/** By name: which class is meant by a controller's name, it is told by its own flag. */
function isOfClass({ spec, metadata }: Ingress, context: ServiceContext): boolean {
  const wanted = spec.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class'];
  if (wanted === undefined) return flag(context, 'watch-ingress-without-class') === 'true';
  return wanted === (flag(context, 'ingress-class') ?? 'nginx');
}

function settingsFrom({ files }: ServiceContext): Record<string, unknown> {
  const settings: unknown = JSON.parse(files.find(SETTINGS_FILE)?.content ?? '{}');
  return isRecord(settings) ? settings : {};
}

const pathsOf = ({ spec }: Ingress) =>
  (spec.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path, pathType }) => ({ host: host || ANY_HOST, path: path || '/', pathType })),
  );

/** Only a path that is the implementation's own affair may be a regular expression. */
const wrongPaths = (ingress: Ingress): string[] =>
  pathsOf(ingress).flatMap(({ path, pathType }) =>
    pathType !== 'ImplementationSpecific' && !/^\/[a-z0-9._\-/]*$/i.test(path)
      ? [`path ${path} cannot be used with pathType ${pathType}`]
      : [],
  );

/** The first path that somebody has decides: another Ingress of the same name and namespace may have it. */
function overlapOf(ingress: Ingress, { servers }: Site): string | undefined {
  for (const { host, path } of pathsOf(ingress)) {
    const owners = servers
      .filter(({ names }) => names.includes(host))
      .flatMap(({ locations }) => locations)
      .map(({ settings }) => Object.fromEntries(settings.variables))
      .filter((own) => own['$location_path'] === path && own['$ingress_name']);
    const { namespace = '', name } = ingress.metadata;
    if (owners.some((own) => own['$namespace'] === namespace && own['$ingress_name'] === name)) return undefined;
    const [other] = owners;
    if (!other) continue;
    // A canary shares its host and path with the one that it stands in for.
    if (ingress.metadata.annotations?.[`${ANNOTATIONS}canary`] !== undefined) return undefined;
    return `host "${host}" and path "${path}" is already defined in ingress ${other['$namespace']}/${other['$ingress_name']}`;
  }
  return undefined;
}
