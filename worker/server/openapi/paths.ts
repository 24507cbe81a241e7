// The paths of a resource and what may be done on each, as OpenAPI 3.0 wants it. kubectl reads from them which kinds take `fieldValidation`, and which kind a
// resource has, and which patches it takes; generators of clients read the rest. Mirrors apiserver pkg/endpoints/installer.go and, for custom resources,
// apiextensions-apiserver pkg/controller/openapi/builder.

import type { CreateSubresource, Resource, Subresource, Verb } from '../../api/resource.ts';
import { refTo } from './definitions.ts';
import type { GroupVersionKind, Schema } from './definitions.ts';

/** The names of the definitions that the paths of a resource refer to. */
export interface PathTypes {
  readonly object: string;
  readonly list: string;
  readonly deleteOptions: string;
  readonly patch: string;
  readonly status: string;
  readonly watchEvent: string;
  readonly scale: string;
  /** Of the bodies of `create` subresources. */
  action(subresource: CreateSubresource): string;
}

const MEDIA = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/cbor'];
/** What is said of custom resources. */
const CUSTOM_MEDIA = ['application/json', 'application/yaml'];
const CUSTOM_PATCHES = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
const STREAMS = [...MEDIA, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch', 'application/cbor-seq'];
const PATCHES = [
  'application/apply-patch+cbor',
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

export function pathsOf(resource: Resource, types: PathTypes): Record<string, Schema> {
  const { group, version, namespaced, verbs } = resource;
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${resource.resource}` : `${root}/${resource.resource}`;
  const item = `${collection}/{name}`;
  const scope = namespaced ? [NAMESPACE, PRETTY] : [PRETTY];
  const named = [nameParameter(resource.kind), ...scope];
  const operations = new Operations(resource, types);
  const paths: Record<string, Schema> = {};
  const put = (path: string, methods: Record<string, Schema | false>, parameters: readonly Schema[]): void => {
    const given = Object.entries(methods).filter(([, operation]) => operation);
    if (given.length) paths[path] = { ...Object.fromEntries(given), parameters };
  };
  const may = (verb: Verb): boolean => verbs.includes(verb);

  if (namespaced && may('list')) put(`${root}/${resource.resource}`, { get: operations.list('ForAllNamespaces') }, LIST);
  put(
    collection,
    {
      get: may('list') && operations.list(),
      post: may('create') && operations.create(),
      delete: may('deletecollection') && operations.deleteCollection(),
    },
    scope,
  );
  put(
    item,
    {
      get: may('get') && operations.read(),
      put: may('update') && operations.replace(),
      patch: may('patch') && operations.patch(),
      delete: may('delete') && operations.delete(),
    },
    named,
  );
  for (const [name, subresource] of Object.entries(resource.subresources)) {
    put(`${item}/${name}`, operations.below(name, subresource), named);
    if (subresource.type === 'connect' && name === 'proxy')
      put(`${item}/${name}/{path}`, operations.below(name, subresource, 'WithPath'), [...named, PROXY_PATH]);
  }
  if (may('watch') && !resource.decode) {
    const watched = `${root}/watch/`;
    if (namespaced) put(`${watched}${resource.resource}`, { get: operations.watchList('ListForAllNamespaces') }, LIST);
    put(collection.replace(`${root}/`, watched), { get: operations.watchList('List') }, [...scope, ...LIST]);
    put(item.replace(`${root}/`, watched), { get: operations.watchList('') }, [...named, ...LIST]);
  }
  return paths;
}

/** The operations on one resource, under upstream's names: `listCoreV1NamespacedPod`. */
class Operations {
  readonly #resource: Resource;
  readonly #types: PathTypes;
  readonly #tag: string;
  readonly #kind: GroupVersionKind;
  readonly #isCustom: boolean;

  constructor(resource: Resource, types: PathTypes) {
    const { group, version, kind } = resource;
    this.#resource = resource;
    this.#types = types;
    const short = group.replace(/\.k8s\.io$/, '').split('.');
    this.#tag = `${group ? short.map((part, i) => (i ? upperFirst(part) : part)).join('') : 'core'}_${version}`;
    this.#kind = { group, kind, version };
    this.#isCustom = resource.decode !== undefined;
  }

  list(scope = ''): Schema {
    return this.#operation(
      'list',
      this.#id('list', scope),
      `list or watch objects of kind ${this.#resource.kind}`,
      scope ? [] : LIST,
      this.#types.list,
      { produces: STREAMS },
    );
  }

  create(): Schema {
    const { kind } = this.#resource;
    return this.#operation('post', this.#id('create'), `create ${article(kind)}`, WRITE, this.#types.object, {
      body: this.#types.object,
      codes: [200, 201, 202],
    });
  }

  deleteCollection(): Schema {
    return this.#operation(
      'deletecollection',
      this.#id('delete', '', 'Collection'),
      `delete collection of ${this.#resource.kind}`,
      [...DELETE, ...LIST],
      this.#types.status,
      { body: this.#types.deleteOptions },
    );
  }

  read(): Schema {
    return this.#operation('get', this.#id('read'), `read the specified ${this.#resource.kind}`, [], this.#types.object);
  }

  replace(): Schema {
    return this.#operation('put', this.#id('replace'), `replace the specified ${this.#resource.kind}`, WRITE, this.#types.object, {
      body: this.#types.object,
      codes: [200, 201],
    });
  }

  patch(): Schema {
    return this.#patchOperation(this.#id('patch'), `partially update the specified ${this.#resource.kind}`, this.#types.object, this.#kind);
  }

  delete(): Schema {
    const answer = this.#resource.returnDeleted ? this.#types.object : this.#types.status;
    return this.#operation('delete', this.#id('delete'), `delete ${article(this.#resource.kind)}`, DELETE, answer, {
      body: this.#types.deleteOptions,
      codes: [200, 202],
    });
  }

  watchList(suffix: string): Schema {
    const action = suffix ? 'watchlist' : 'watch';
    return this.#operation(action, this.#id('watch', suffix), `watch changes to ${this.#resource.kind}`, [], this.#types.watchEvent, {
      produces: STREAMS,
    });
  }

  /** By HTTP method. */
  below(name: string, subresource: Subresource, suffix = ''): Record<string, Schema> {
    const end = upperFirst(name) + suffix;
    const { kind } = this.#resource;
    switch (subresource.type) {
      case 'object':
      case 'scale': {
        const isScale = subresource.type === 'scale';
        const type = isScale ? this.#types.scale : this.#types.object;
        const of = isScale ? SCALE : this.#kind;
        const operations = {
          get: (): Schema => this.#operation('get', this.#id('read', end), `read ${name} of the specified ${kind}`, [], type, { kind: of }),
          put: (): Schema =>
            this.#operation('put', this.#id('replace', end), `replace ${name} of the specified ${kind}`, WRITE, type, {
              body: type,
              codes: [200, 201],
              kind: of,
            }),
          patch: (): Schema => this.#patchOperation(this.#id('patch', end), `partially update ${name} of the specified ${kind}`, type, of),
        };
        return Object.fromEntries(
          subresource.verbs.map((verb) => {
            const method = verb === 'update' ? 'put' : verb;
            return [method, operations[method]()];
          }),
        );
      }
      case 'create': {
        const type = this.#types.action(subresource);
        const { group, version } = subresource;
        return {
          post: this.#operation('post', this.#id('create', end), `create ${name} of ${article(kind)}`, WRITE, type, {
            body: type,
            codes: [200, 201, 202],
            kind: { group, kind: subresource.kind, version },
          }),
        };
      }
      case 'connect':
        return this.#connect(name, subresource, end);
    }
  }

  #connect(name: string, { verbs, kind }: Extract<Subresource, { type: 'connect' }>, end: string): Record<string, Schema> {
    const isLog = name === 'log';
    const methods = verbs.flatMap((verb) => METHODS[verb]);
    return Object.fromEntries(
      methods.map((method) => {
        const action = isLog ? 'get' : 'connect';
        const id = isLog ? this.#id('read', end) : this.#id('connect', end, upperFirst(method));
        const about = isLog
          ? `read log of the specified ${this.#resource.kind}`
          : `connect ${method.toUpperCase()} requests to ${name} of ${this.#resource.kind}`;
        const content = { [isLog ? 'text/plain' : '*/*']: { schema: { type: 'string' } } };
        return [
          method,
          {
            description: about,
            tags: [this.#tag],
            operationId: id,
            ...(CONNECT_OPTIONS[name] && { parameters: CONNECT_OPTIONS[name] }),
            responses: { '200': { description: 'OK', content }, '401': UNAUTHORIZED },
            'x-kubernetes-action': action,
            'x-kubernetes-group-version-kind': { ...this.#kind, kind },
          },
        ];
      }),
    );
  }

  #patchOperation(id: string, about: string, type: string, kind: GroupVersionKind): Schema {
    const content = contentOf(this.#isCustom ? CUSTOM_PATCHES : PATCHES, this.#types.patch);
    return {
      ...this.#operation('patch', id, about, [...WRITE, FORCE], type, { codes: [200, 201], kind }),
      requestBody: { content, required: true },
    };
  }

  #operation(action: string, id: string, about: string, parameters: readonly Schema[], answer: string, more: More = {}): Schema {
    const { codes = [200], kind = this.#kind, body } = more;
    const produces = this.#isCustom ? CUSTOM_MEDIA : (more.produces ?? MEDIA);
    const takes = this.#isCustom ? CUSTOM_MEDIA : ['*/*'];
    const content = contentOf(produces, answer);
    const responses = Object.fromEntries(codes.map((code) => [String(code), { description: CODES[code], content }]));
    return {
      description: about,
      tags: [this.#tag],
      operationId: id,
      ...(parameters.length && { parameters }),
      ...(body && {
        requestBody: {
          content: contentOf(takes, body),
          ...(action !== 'delete' && action !== 'deletecollection' && { required: true }),
        },
      }),
      responses: { ...responses, '401': UNAUTHORIZED },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': kind,
    };
  }

  #id(verb: string, suffix = '', prefix = ''): string {
    const scope = this.#resource.namespaced && !suffix.endsWith('ForAllNamespaces') ? 'Namespaced' : '';
    const group = this.#tag.split('_').map(upperFirst).join('');
    return `${verb}${group}${prefix}${scope}${this.#resource.kind}${suffix}`;
  }
}

interface More {
  readonly produces?: readonly string[];
  readonly codes?: readonly (keyof typeof CODES)[];
  readonly kind?: GroupVersionKind;
  readonly body?: string;
}

const SCALE: GroupVersionKind = { group: 'autoscaling', kind: 'Scale', version: 'v1' };
const CODES = { 200: 'OK', 201: 'Created', 202: 'Accepted' } as const;
const UNAUTHORIZED: Schema = { description: 'Unauthorized' };
const METHODS = {
  create: ['post'],
  delete: ['delete'],
  get: ['get'],
  patch: ['patch', 'head', 'options'],
  update: ['put'],
} as const;

const contentOf = (media: readonly string[], type: string): Schema =>
  Object.fromEntries(media.map((one) => [one, { schema: { $ref: refTo(type) } }]));

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const article = (kind: string): string => (/^[AEIOU]/.test(kind) ? `an ${kind}` : `a ${kind}`);

const query = (name: string, type: string, description: string): Schema => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});

const nameParameter = (kind: string): Schema => ({
  name: 'name',
  in: 'path',
  description: `name of the ${kind}`,
  required: true,
  schema: { type: 'string', uniqueItems: true },
});
const NAMESPACE: Schema = {
  name: 'namespace',
  in: 'path',
  description: 'object name and auth scope, such as for teams and projects',
  required: true,
  schema: { type: 'string', uniqueItems: true },
};
const PROXY_PATH: Schema = {
  name: 'path',
  in: 'path',
  description: 'path to the resource',
  required: true,
  schema: { type: 'string', uniqueItems: true },
};
const PRETTY = query('pretty', 'string', 'If true, the answer is indented.');
const DRY_RUN = query('dryRun', 'string', 'With All, everything is done but to store the change.');
const FIELD_MANAGER = query('fieldManager', 'string', 'Who or what makes the change; at most 128 printable characters.');
const FIELD_VALIDATION = query(
  'fieldValidation',
  'string',
  'What to do about fields that are unknown or there twice: Ignore drops them, Warn tells of them, Strict refuses the request.',
);
const FORCE = query('force', 'boolean', 'Apply takes over fields that others own. Of apply patches only.');
const WRITE = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
const DELETE = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'How long the object may take to end, in seconds; 0 deletes at once.'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean', 'Deletes what cannot be read from the store.'),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];
const LIST = [
  query('allowWatchBookmarks', 'boolean', 'Lets a watch send events of type BOOKMARK.'),
  query('continue', 'string', 'Goes on with a list that was limited.'),
  query('fieldSelector', 'string', 'Restricts the objects by their fields.'),
  query('labelSelector', 'string', 'Restricts the objects by their labels.'),
  query('limit', 'integer', 'How many objects to answer with at most.'),
  query('resourceVersion', 'string', 'From which revision on.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Begins a watch with the objects that there are.'),
  query('timeoutSeconds', 'integer', 'How long a list or watch may take.'),
  query('watch', 'boolean', 'Tells of changes as they come, instead of listing.'),
];
const STREAM_OPTIONS = ['stderr', 'stdin', 'stdout', 'tty'].map((name) => query(name, 'boolean', `Whether to use ${name}.`));
const CONTAINER = query('container', 'string', 'Which container of the pod.');
const CONNECT_OPTIONS: Readonly<Record<string, readonly Schema[]>> = {
  attach: [CONTAINER, ...STREAM_OPTIONS],
  exec: [query('command', 'string', 'What to run, word by word.'), CONTAINER, ...STREAM_OPTIONS],
  log: [
    CONTAINER,
    query('follow', 'boolean', 'Goes on with what is written from now on.'),
    query('insecureSkipTLSVerifyBackend', 'boolean', 'Trusts the kubelet whatever its certificate.'),
    query('limitBytes', 'integer', 'How many bytes at most.'),
    query('previous', 'boolean', 'Of the container that ran before.'),
    query('sinceSeconds', 'integer', 'How far back, in seconds.'),
    query('stream', 'string', 'All, Stdout or Stderr.'),
    query('tailLines', 'integer', 'How many lines from the end.'),
    query('timestamps', 'boolean', 'Puts its time before each line.'),
  ],
  portforward: [query('ports', 'integer', 'Which ports to forward.')],
  proxy: [query('path', 'string', 'The path to ask for.')],
};
