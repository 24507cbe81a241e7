// A kubeconfig by which the API server itself calls others: where its current context leads, whom it trusts there, and as whom it calls. Mirrors client-go
// tools/clientcmd. Differs: nobody sees a client certificate of it, and it runs no programs for credentials.

import { ConfigFault } from '../lib/config-file.ts';
import { isRecord } from '../lib/json.ts';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../lib/text.ts';
import { readYaml, YamlError } from '../lib/yaml.ts';
import type { ReadFile } from '../api/admission.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Kubeconfig {
  readonly currentContext: string;
  readonly clusters: Readonly<Record<string, Fields>>;
  readonly users: Readonly<Record<string, Fields>>;
  readonly contexts: Readonly<Record<string, Fields>>;
}

/** Paths of files that are meant to be beside it are made whole. Throws ConfigFault. */
export function readKubeconfig(path: string, read: ReadFile): Kubeconfig {
  const text = path && read(path);
  if (path && text === undefined) throw new ConfigFault(`stat ${path}: no such file or directory`);
  const given = parse(path, text ?? '');
  const folder = path.replace(/\/?[^/]*$/, '');
  const whole = (fields: Fields): Fields =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        FILES.has(key) && typeof value === 'string' && value && !value.startsWith('/') ? `${folder}/${value}` : value,
      ]),
    );
  const named = (list: string, key: string): Record<string, Fields> =>
    Object.fromEntries(
      (Array.isArray(given[list]) ? given[list] : []).filter(isRecord).map((one) => [String(one['name'] ?? ''), whole(recordOf(one[key]))]),
    );
  return {
    currentContext: textOf(given['current-context']),
    clusters: named('clusters', 'cluster'),
    users: named('users', 'user'),
    contexts: named('contexts', 'context'),
  };
}

const FILES: ReadonlySet<string> = new Set(['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']);

const recordOf = (value: unknown): Fields => (isRecord(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function parse(path: string, text: string): Fields {
  try {
    return recordOf(readYaml(text).value);
  } catch (error) {
    throw error instanceof YamlError ? new ConfigFault(`error loading config file "${path}": ${error.message}`) : error;
  }
}

/** Whom to call, and how. */
export interface Client {
  readonly server: string;
  /** PEM. */
  readonly caBundle?: string;
  readonly trustsAnyone?: boolean;
  readonly authorization?: string;
}

/** What the current context says. Throws ConfigFault. */
export function clientOf({ currentContext, clusters, users, contexts }: Kubeconfig, read: ReadFile): Client {
  const context = contexts[currentContext];
  if (currentContext && !context) throw new ConfigFault(`context ${JSON.stringify(currentContext)} does not exist`);
  const [userName, clusterName] = [textOf(context?.['user']), textOf(context?.['cluster'])];
  const [user, cluster] = [users[userName], clusters[clusterName]];
  if (userName && !user) throw new ConfigFault(`auth info ${JSON.stringify(userName)} does not exist`);
  if (clusterName && !cluster) throw new ConfigFault(`cluster ${JSON.stringify(clusterName)} does not exist`);
  const problems = [...userProblems(userName, user ?? {}, read), ...clusterProblems(clusterName, cluster, read)];
  if (problems.length) throw new ConfigFault(`invalid configuration: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}`);
  const authority = textOf(cluster!['certificate-authority']);
  const caBundle = textOf(cluster!['certificate-authority-data'])
    ? fromText(cluster!['certificate-authority-data'])
    : authority && read(authority);
  const authorization = authorizationOf(user ?? {}, read);
  return {
    server: textOf(cluster!['server']),
    ...(caBundle && { caBundle }),
    ...(cluster!['insecure-skip-tls-verify'] === true && { trustsAnyone: true }),
    ...(authorization && { authorization }),
  };
}

const fromText = (value: unknown): string => fromUtf8(fromBase64(textOf(value)) ?? new Uint8Array());

const unreadable = (what: string, path: string, name: string, read: ReadFile): string[] =>
  path && read(path) === undefined ? [`unable to read ${what} ${path} for ${name} due to open ${path}: no such file or directory`] : [];

function userProblems(name: string, user: Fields, read: ReadFile): string[] {
  const [certificate, key] = [textOf(user['client-certificate']), textOf(user['client-key'])];
  const [certificateData, keyData] = [textOf(user['client-certificate-data']), textOf(user['client-key-data'])];
  if (!certificate && !certificateData) return [];
  return [
    ...(certificate && certificateData
      ? [`client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`]
      : []),
    ...(key && keyData ? [`client-key-data and client-key are both specified for ${name}; client-key-data will override`] : []),
    ...(key || keyData ? [] : [`client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`]),
    ...unreadable('client-cert', certificate, name, read),
    ...unreadable('client-key', key, name, read),
  ];
}

function clusterProblems(name: string, cluster: Fields | undefined, read: ReadFile): string[] {
  if (!cluster || !Object.keys(cluster).length)
    return ['no configuration has been provided, try setting KUBERNETES_MASTER environment variable'];
  const authority = textOf(cluster['certificate-authority']);
  return [
    ...(textOf(cluster['server']) ? [] : [`no server found for cluster ${JSON.stringify(name)}`]),
    ...(authority && textOf(cluster['certificate-authority-data'])
      ? [`certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`]
      : []),
    ...unreadable('certificate-authority', authority, name, read),
  ];
}

/** The header of a user who shows a token or a password; undefined for others. */
export function authorizationOf(user: Fields, read: ReadFile): string | undefined {
  const file = textOf(user['tokenFile']);
  const token = textOf(user['token']) || (file && read(file)?.trim());
  if (token) return `Bearer ${token}`;
  const [name, password] = [textOf(user['username']), textOf(user['password'])];
  return name || password ? `Basic ${toBase64(utf8(`${name}:${password}`))}` : undefined;
}
