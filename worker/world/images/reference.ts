// Names of images: `nginx`, `docker.io/library/nginx:1.27`, `registry.k8s.io/pause@sha256:…`. Mirrors github.com/distribution/reference as the kubelet
// uses it (pkg/util/parsers), with its complaints.

export interface Reference {
  /** `docker.io` */
  readonly registry: string;
  /** `library/nginx` */
  readonly repository: string;
  /** `latest` if the name has neither tag nor digest; '' if it has only a digest. */
  readonly tag: string;
  readonly digest: string;
}

const DOMAIN = String.raw`(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::\d+)?`;
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REFERENCE = new RegExp(
  String.raw`^(?:${DOMAIN}/)?(${PART}(?:/${PART})*)(?::([\w][\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

/** The parts of a name, or what is wrong with it. */
export function parseReference(text: string): Reference | string {
  let reference = parsed.get(text);
  if (reference === undefined) {
    reference = readReference(text);
    if (text.length > MAX_REMEMBERED) return reference;
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(text, reference);
  }
  return reference;
}

/** Few images have many containers. */
const parsed = new Map<string, Reference | string>();
const [MAX_PARSED, MAX_REMEMBERED] = [500, 300];

function readReference(text: string): Reference | string {
  const problem = (what: string): string => `couldn't parse image name ${JSON.stringify(text)}: ${what}`;
  if (/^[a-f0-9]{64}$/.test(text)) return problem(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [registry, rest] = splitRegistry(text);
  const colon = rest.indexOf(':');
  const remote = colon < 0 ? rest : rest.slice(0, colon);
  const name = remote.includes('@') ? remote.slice(0, remote.indexOf('@')) : remote;
  if (name !== name.toLowerCase()) return problem(`invalid reference format: repository name (${name}) must be lowercase`);
  const match = REFERENCE.exec(`${registry}/${rest}`);
  if (!match) return problem('invalid reference format');
  const [, repository = '', tag = '', digest = ''] = match;
  if (repository.length > 255) return problem('repository name must not be more than 255 characters');
  return { registry, repository, tag: tag || (digest ? '' : 'latest'), digest };
}

function splitRegistry(text: string): [registry: string, rest: string] {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const registry = !isHost || first === 'index.docker.io' ? 'docker.io' : first;
  const rest = isHost ? text.slice(slash + 1) : text;
  return [registry, registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest];
}

/** `docker.io/library/nginx` */
export const repositoryName = ({ registry, repository }: Reference): string => `${registry}/${repository}`;

/** `docker.io/library/nginx:1.27`: what a runtime keeps an image under. */
export const fullName = (reference: Reference): string =>
  `${repositoryName(reference)}${reference.tag && !reference.digest ? `:${reference.tag}` : ''}${reference.digest ? `@${reference.digest}` : ''}`;
