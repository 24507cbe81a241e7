// What the servers behind APIServices publish about their kinds: which OpenAPI documents of version 3 they have, and their document of version 2. Mirrors
// kube-aggregator pkg/controllers/openapiv3 and pkg/controllers/openapi.
//
// Differs: upstream looks again every minute; here it is when the Service, its endpoints or the APIService change. Who has a document of version 2 only has none of
// version 3, into which upstream would translate it.

import { SyncError } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { canonicalJson, isRecord } from '../../lib/json.ts';
import { apiServices } from '../../resources/apiregistration/apiservice.ts';
import { questionTo, remoteWatches } from './remote.ts';

export const REMOTE_OPENAPI = 'apiservice-openapi';

/** Where each document of version 3 is: `apis/wardle.example.com/v1alpha1` → `/openapi/v3/apis/wardle.example.com/v1alpha1?hash=…`. */
type DocumentPlaces = Readonly<Record<string, string>>;

/** What is taken of a document of version 2. */
interface PublishedKinds {
  readonly paths: Readonly<Record<string, unknown>>;
  readonly definitions: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export const placesKey = (name: string): string => `v3 ${name}`;
export const kindsKey = (name: string): string => `v2 ${name}`;

/** A longer one is not kept, in characters: a row of the database takes two million bytes. */
const MAX_LENGTH = 1_000_000;

export const apiServiceOpenapi: Controller = {
  name: REMOTE_OPENAPI,
  component: 'kube-apiserver',
  watches: remoteWatches((name) => [placesKey(name), kindsKey(name)]),
  reconcile(key, { api, external, state }) {
    const [version, name = ''] = key.split(' ');
    const apiService = api.get(apiServices, '', name);
    if (!apiService?.spec.service) return state.delete(key);
    const { caBundle, insecureSkipTLSVerify } = apiService.spec;
    const isAvailable = apiService.status.conditions?.some(({ type, status }) => type === 'Available' && status === 'True');
    // Whoever is away for a while is still known.
    if (!isAvailable) return;
    // Nobody says by which certificate its server is to be known.
    if (!caBundle && !insecureSkipTLSVerify) return;
    const path = `/openapi/${version}`;
    const { error, status, body } = external.call(questionTo(api, apiService, path, { 'X-Remote-User': 'system:aggregator' }));
    if (error !== undefined) throw new SyncError(`failed to download ${name}: ${error}`);
    if (status >= 500) throw new SyncError(`failed to retrieve openAPI spec, http error: ${status}`);
    const found = status === 200 && body.length <= MAX_LENGTH ? documentOf(body) : undefined;
    const kept = found && (version === 'v3' ? placesOf(found) : kindsOf(found));
    if (!kept) state.delete(key);
    else if (canonicalJson(kept) !== canonicalJson(state.get(key))) state.set(key, kept);
  },
};

function documentOf(body: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(body);
    return isRecord(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function placesOf({ paths }: Record<string, unknown>): DocumentPlaces | undefined {
  if (!isRecord(paths)) return undefined;
  const places = Object.entries(paths).flatMap(([key, place]) => {
    const url = isRecord(place) ? place['serverRelativeURL'] : undefined;
    return typeof url === 'string' ? [[key, url]] : [];
  });
  return Object.fromEntries(places) as DocumentPlaces;
}

/** Only what is about groups. */
function kindsOf(document: Record<string, unknown>): PublishedKinds {
  const [paths, definitions, parameters] = ['paths', 'definitions', 'parameters'].map((field) => {
    const given = document[field];
    return isRecord(given) ? Object.entries(given).filter(([, value]) => isRecord(value)) : [];
  });
  return {
    paths: Object.fromEntries(paths!.filter(([path]) => path.startsWith('/apis/'))),
    definitions: Object.fromEntries(definitions!),
    parameters: Object.fromEntries(parameters!),
  };
}
