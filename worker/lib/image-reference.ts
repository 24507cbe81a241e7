// Names of container images, `registry:port/path/name:tag@digest`, read as Docker and containerd do: without a registry it is docker.io's, and a single
// name is in library/. Mirrors github.com/distribution/reference ParseNormalizedNamed and kubernetes pkg/util/parsers.

export interface ImageReference {
  readonly domain: string;
  readonly path: string;
  /** `latest` if neither tag nor digest is given; '' if only a digest is. */
  readonly tag: string;
  readonly digest: string;
}

const COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN_RE = new RegExp(`^(?:${COMPONENT}(?:\\.${COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const REST_RE =
  /^((?:[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(\w[\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$/;
const DIGEST_RE = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;
const MAX_PATH = 255;

/** The parts of an image's name, or what is wrong with it in upstream's words. */
export function parseImageReference(image: string): ImageReference | { readonly problem: string } {
  if (/^[a-f0-9]{64}$/.test(image)) return { problem: `invalid repository name (${image}), cannot specify 64-byte hexadecimal strings` };
  const { domain, rest } = splitDomain(image);
  const remote = rest.split(':', 1)[0]!;
  if (remote.toLowerCase() !== remote) return { problem: `invalid reference format: repository name (${remote}) must be lowercase` };
  const match = DOMAIN_RE.test(domain) ? REST_RE.exec(rest) : null;
  if (!match) return { problem: 'invalid reference format' };
  const [, path = '', tag = '', digest = ''] = match;
  if (path.length > MAX_PATH) return { problem: `repository name must not be more than ${MAX_PATH} characters` };
  if (digest && !DIGEST_RE.test(digest))
    return { problem: /^sha(256|384|512):/.test(digest) ? 'invalid checksum digest length' : 'unsupported digest algorithm' };
  return { domain, path, tag: tag || (digest ? '' : 'latest'), digest };
}

function splitDomain(image: string): { domain: string; rest: string } {
  const slash = image.indexOf('/');
  const first = image.slice(0, Math.max(0, slash));
  const isDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const domain = isDomain && first !== 'index.docker.io' ? first : 'docker.io';
  const rest = isDomain ? image.slice(slash + 1) : image;
  return { domain, rest: domain === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest };
}

/** The tag that decides how often an image is pulled: '' for an invalid name. */
export function imageTag(image: string): string {
  const reference = parseImageReference(image);
  return 'problem' in reference ? '' : reference.tag;
}
