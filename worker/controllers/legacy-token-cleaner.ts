// Tokens in Secrets that were made for service accounts by themselves, as clusters before 1.24 had them: since when their use is tracked, and the end of those that nobody
// has used for a year. First they are marked; a year later they go. Mirrors pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go and
// pkg/controlplane/controller/legacytokentracking.

import { delayed, watch } from '../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../api/controller.ts';
import type { Pod, Secret } from '../api/gen/core-v1.ts';
import { dateOf, INVALID_SINCE, isNoted, LAST_USED } from '../api/legacy-token.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { timeOf } from '../lib/time.ts';
import { configMaps } from '../resources/core/configmap.ts';
import { pods } from '../resources/core/pod.ts';
import { secrets } from '../resources/core/secret.ts';
import { serviceAccounts } from '../resources/core/serviceaccount.ts';
import { durationFlag } from './flags.ts';
import { ACCOUNT_NAME, ACCOUNT_UID, isTokenSecret } from '../resources/core/token-secret.ts';

const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking';
const DAY_MS = 86_400_000;
const PERIOD_MS = 365 * DAY_MS;

const isDate = (text: string | undefined): text is string => text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text);

/** The API server's part: it writes down the day from which on it notes the use of such tokens. */
export const legacyTokenTracking: Controller = {
  name: 'legacy_token_tracking_controller',
  component: 'kube-apiserver',
  watches: [
    delayed(
      1000,
      watch(configMaps, (object) => (keyOf(object) === `kube-system/${TRACKING}` ? [TRACKING] : [])),
    ),
  ],
  start({ enqueue }, resumed) {
    if (!resumed) enqueue(TRACKING);
  },
  reconcile(_key, { api, now }) {
    const data = { since: dateOf(now()) };
    const found = api.get(configMaps, 'kube-system', TRACKING);
    if (!found) api.create(configMaps, { metadata: { name: TRACKING, namespace: 'kube-system' }, data });
    else if (!isDate(found.data?.['since'])) api.update(configMaps, { ...found, data });
  },
};

/** Notes that the token of a Secret was used, once a day. The authenticator tells which. */
export const legacyTokenUse: Controller = {
  name: 'legacy_token_use',
  component: 'kube-apiserver',
  watches: [],
  reconcile(key, { api, now }) {
    const { namespace, name } = splitKey(key);
    const secret = api.get(secrets, namespace, name);
    if (!secret || isNoted(secret.metadata.labels, now())) return;
    api.update(secrets, { ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, [LAST_USED]: dateOf(now()) } } });
  },
};

export const legacyTokenCleaner: Controller = {
  name: 'legacy-serviceaccount-token-cleaner',
  component: 'kube-controller-manager',
  serviceAccount: 'legacy-service-account-token-cleaner',
  watches: [watch(secrets, (secret, _previous, _reader, type) => (type !== 'deleted' && isTokenSecret(secret) ? [keyOf(secret)] : []))],
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const secret = context.api.get(secrets, namespace, name);
    return secret && isTokenSecret(secret) && !isTerminating(secret) && isGenerated(secret, context) ? judge(secret, context) : undefined;
  },
};

/** Its account lists it: nobody made it by hand. */
function isGenerated({ metadata }: Secret, { api }: ControllerContext): boolean {
  const account = api.get(serviceAccounts, metadata.namespace ?? '', metadata.annotations?.[ACCOUNT_NAME] ?? '');
  const uid = metadata.annotations?.[ACCOUNT_UID];
  return (
    account !== undefined && (!uid || uid === account.metadata.uid) && (account.secrets ?? []).some(({ name }) => name === metadata.name)
  );
}

/** Looked at once a day, as upstream. */
function judge(secret: Secret, context: ControllerContext): Requeue | undefined {
  const { api, now, log } = context;
  const { namespace = '', name, labels = {}, creationTimestamp, resourceVersion } = secret.metadata;
  const later: Requeue = { after: DAY_MS, background: true };
  const period = durationFlag(context, 'legacy-service-account-token-clean-up-period', PERIOD_MS);
  const since = api.get(configMaps, 'kube-system', TRACKING)?.data?.['since'];
  if (!isDate(since) || now() < timeOf(`${since}T00:00:00Z`) + DAY_MS + period) return later;
  const limit = dateOf(now() - period);
  const used = labels[LAST_USED];
  if (timeOf(creationTimestamp) >= now() - period || (used !== undefined && (!isDate(used) || used >= limit))) return later;
  if (isMounted(secret, context)) return later;
  const invalid = labels[INVALID_SINCE];
  if (!isDate(invalid)) {
    log('I', `"Mark the auto-generated service account token as invalid" invalidSince="${dateOf(now())}" secret="${namespace}/${name}"`);
    api.update(secrets, { ...secret, metadata: { ...secret.metadata, labels: { ...labels, [INVALID_SINCE]: dateOf(now()) } } });
    return later;
  }
  if (invalid >= limit) return later;
  log(
    'I',
    `"Delete auto-generated service account token" secret="${namespace}/${name}" creationTime="${creationTimestamp?.replace('T', ' ').replace('Z', ' +0000 UTC')}" lastUsed="${used ?? ''}" invalidSince="${invalid}"`,
  );
  try {
    api.delete(secrets, namespace, name, { preconditions: { resourceVersion } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
  return undefined;
}

const isMounted = ({ metadata }: Secret, { api }: ControllerContext): boolean =>
  api.list(pods, { namespace: metadata.namespace ?? '' }).some((pod) => secretsOf(pod).includes(metadata.name));

const secretsOf = ({ spec }: Pod): string[] => [
  ...(spec.imagePullSecrets ?? []).map(({ name = '' }) => name),
  ...(spec.volumes ?? []).flatMap(({ secret, projected }) => [
    secret?.secretName ?? '',
    ...(projected?.sources ?? []).map((source) => source.secret?.name ?? ''),
  ]),
  ...[...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ env = [], envFrom = [] }) => [
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? ''),
    ...envFrom.map(({ secretRef }) => secretRef?.name ?? ''),
  ]),
];
