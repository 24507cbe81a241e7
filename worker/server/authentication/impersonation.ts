// Acting as somebody else, for those who may: the Impersonate-* headers. Since 1.36 there are modes of it, each for some kind of user, and each allows of a request only what
// may be done in its name (`impersonate-on:user-info:list`); who may act as somebody in any way (`impersonate`) still may. Mirrors apiserver
// pkg/endpoints/filters/impersonation. Differs: nothing is kept of what was allowed a moment ago.

import type { Access, AccessAttributes } from '../../api/access.ts';
import { ANONYMOUS, AUTHENTICATED, MASTERS, serviceAccountOf, serviceAccountUser, UNAUTHENTICATED } from '../../api/access.ts';
import { domainPrefixedPath } from '../../api/domain-prefixed-path.ts';
import { fieldErrorMessage } from '../../api/field-error.ts';
import { forbiddenMessage } from '../../api/forbidden-message.ts';
import type { UserInfo } from '../../api/resource.ts';
import { badRequest, forbidden, forbiddenPath, StatusError } from '../../api/status.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from '../../lib/names.ts';
import type { HttpRequest } from '../http.ts';

const EXTRA_PREFIX = 'impersonate-extra-';
const GROUP = 'authentication.k8s.io';
const NODE_PREFIX = 'system:node:';
const NODE_OF_TOKEN = 'authentication.kubernetes.io/node-name';
/** The minor version whose gate for modes is on. */
const CONSTRAINED_SINCE = 36;
/** From so many groups, or values of extra, on, it is first asked whether all are allowed. */
const MANY = 4;
/** Of so many senders it is known how they were let in last. */
const MAX_KNOWN = 10_000;

/** Whom the headers name. */
interface Wanted {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

export interface Acting {
  readonly user: UserInfo;
  /** By which verb it was allowed; left out where that is `impersonate`. */
  readonly constraint?: string;
}

interface Mode {
  readonly name: string;
  suits(wanted: Wanted, sender: UserInfo): boolean;
}

const MODES: readonly Mode[] = [
  {
    name: 'associated-node',
    suits: (wanted, { name, extra }) => {
      const node = nodeOf(wanted.name);
      const own = extra?.[NODE_OF_TOKEN];
      return isNameAlone(wanted) && node !== undefined && accountOf(name) !== undefined && own?.length === 1 && own[0] === node;
    },
  },
  { name: 'arbitrary-node', suits: (wanted) => isNameAlone(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', suits: (wanted) => isNameAlone(wanted) && accountOf(wanted.name) !== undefined },
  { name: 'user-info', suits: ({ name }) => nodeOf(name) === undefined && accountOf(name) === undefined },
];

export class Impersonation {
  readonly #access: Access;
  readonly #isConstrained: boolean;
  /** By who asks: the way in which they were last allowed to. It is tried first, so it is what is said of a refusal. Forgotten with the memory, as it is at a restart. */
  readonly #lastWays = new Map<string, number>();

  constructor(access: Access, minor: number) {
    this.#access = access;
    this.#isConstrained = minor >= CONSTRAINED_SINCE;
  }

  /** Who the request is to count as; undefined if it is its sender's own. Throws Forbidden if `sender` may not be them. */
  of(sender: UserInfo, request: HttpRequest, attributes: AccessAttributes): Acting | undefined {
    const wanted = wantedOf(request.headers);
    if (!wanted) return undefined;
    const legacy = (): Acting => asBefore(this.#asker(sender), wanted);
    if (!this.#isConstrained) return legacy();
    const ways = [
      ...MODES.map((mode) =>
        mode.suits(wanted, sender) ? (): Acting => inMode(this.#asker(sender), mode.name, wanted, attributes) : undefined,
      ),
      legacy,
    ];
    const last = this.#lastWays.get(sender.name);
    let refusal: StatusError | undefined;
    for (const i of [...(last === undefined ? [] : [last]), ...ways.keys()]) {
      try {
        const acting = ways[i]?.();
        if (!acting) continue;
        if (this.#lastWays.size >= MAX_KNOWN) this.#lastWays.clear();
        this.#lastWays.set(sender.name, i);
        return acting;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        refusal ??= error;
      }
    }
    throw refusal!;
  }

  #asker(sender: UserInfo): Ask {
    return (attributes, why) => {
      const { allowed, reason } = why === undefined ? this.#access.authorize(sender, attributes) : { allowed: false, reason: why };
      if (!allowed) throw refused(sender, attributes, reason);
    };
  }
}

/** Throws Forbidden; in any case, if a reason is given. */
type Ask = (attributes: AccessAttributes, why?: string) => void;

/** In a mode it is asked both whether the request may be made by somebody of its kind, and whether it may be this one. */
function inMode(ask: Ask, mode: string, wanted: Wanted, attributes: AccessAttributes): Acting {
  const verb = `impersonate:${mode}`;
  const about = (resource: string, name: string, more: Partial<AccessAttributes> = {}): AccessAttributes =>
    attributesOf(verb, GROUP, resource, name, more);
  ask({ ...attributes, verb: `impersonate-on:${mode}:${attributes.verb}` });
  const [node, account] = [nodeOf(wanted.name), accountOf(wanted.name)];
  if (node !== undefined) ask(about('nodes', mode === 'associated-node' ? '*' : node));
  else if (account) ask(about('serviceaccounts', account.name, { namespace: account.namespace }));
  else ask(about('users', wanted.name));
  if (wanted.uid) ask(about('uids', wanted.uid));
  askGroups(ask, about, wanted.groups);
  askExtra(ask, about, wanted.extra);
  const own = node === undefined ? groupsOf(wanted, account) : ['system:nodes'];
  return { user: complete(wanted, own), constraint: verb };
}

type About = (resource: string, name: string, more?: Partial<AccessAttributes>) => AccessAttributes;

function askGroups(ask: Ask, about: About, groups: readonly string[]): void {
  if (groups.includes(MASTERS)) ask(about('groups', MASTERS), 'impersonating the system:masters group is not allowed');
  if (groups.length >= MANY && isGranted(ask, about('groups', '*'))) return;
  for (const group of groups) ask(about('groups', group));
}

function askExtra(ask: Ask, about: About, extra: Wanted['extra']): void {
  const problem = extraProblem(extra);
  if (problem !== undefined) ask(about('userextras', ''), problem);
  const isLarge = Math.max(extra.size, [...extra.values()].flat().length) >= MANY;
  if (isLarge && isGranted(ask, about('userextras', '*', { subresource: '*' }))) return;
  for (const [key, values] of extra) for (const value of values) ask(about('userextras', value, { subresource: key }));
}

function extraProblem(extra: Wanted['extra']): string | undefined {
  for (const [key, values] of extra) {
    if (!key) return 'impersonating the empty string key in extra is not allowed';
    const problems = domainPrefixedPath(key, 'extra.key').map(fieldErrorMessage);
    const text = problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
    if (text !== undefined) return `impersonating an invalid key in extra is not allowed: ${text}`;
    if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
    if (!values.length) return 'impersonating empty values in extra is not allowed';
  }
  return undefined;
}

function isGranted(ask: Ask, attributes: AccessAttributes): boolean {
  try {
    ask(attributes);
    return true;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

function asBefore(ask: Ask, wanted: Wanted): Acting {
  const about = (group: string, resource: string, name: string, more: Partial<AccessAttributes> = {}): AccessAttributes =>
    attributesOf('impersonate', group, resource, name, more);
  const account = serviceAccountOf(wanted.name);
  if (account) ask(about('', 'serviceaccounts', account.name, { namespace: account.namespace }));
  else ask(about('', 'users', wanted.name));
  if (wanted.uid) ask(about(GROUP, 'uids', wanted.uid));
  for (const group of wanted.groups) ask(about('', 'groups', group));
  for (const [key, values] of wanted.extra) for (const value of values) ask(about(GROUP, 'userextras', value, { subresource: key }));
  return { user: complete(wanted, groupsOf(wanted, account)) };
}

const attributesOf = (verb: string, group: string, resource: string, name: string, more: Partial<AccessAttributes>): AccessAttributes => ({
  isResource: true,
  verb,
  group,
  version: 'v1',
  namespace: '',
  resource,
  subresource: '',
  name,
  path: '',
  ...more,
});

function refused(sender: UserInfo, attributes: AccessAttributes, reason: string): StatusError {
  const message = forbiddenMessage(sender, attributes, reason);
  const { isResource, group, resource, name } = attributes;
  return isResource ? forbidden({ group, resource }, name, message) : forbiddenPath(message);
}

/** A service account's groups are known, unless others are named. */
const groupsOf = ({ groups }: Wanted, account: { namespace: string; name: string } | undefined): readonly string[] =>
  account && !groups.length
    ? serviceAccountUser(account.namespace, account.name).groups.filter((group) => group !== AUTHENTICATED)
    : groups;

function complete({ name, uid, extra }: Wanted, own: readonly string[]): UserInfo {
  const known = name === ANONYMOUS.name ? UNAUTHENTICATED : AUTHENTICATED;
  const groups = own.includes(known) || own.includes(UNAUTHENTICATED) ? own : [...own, known];
  return { name, ...(uid && { uid }), groups, ...(extra.size && { extra: Object.fromEntries(extra) }) };
}

const isNameAlone = ({ uid, groups, extra }: Wanted): boolean => !uid && !groups.length && !extra.size;

function nodeOf(user: string): string | undefined {
  const name = user.startsWith(NODE_PREFIX) ? user.slice(NODE_PREFIX.length) : undefined;
  return name !== undefined && !dnsSubdomainProblems(name).length ? name : undefined;
}

function accountOf(user: string): { namespace: string; name: string } | undefined {
  const found = serviceAccountOf(user);
  return found && !dnsLabelProblems(found.namespace).length && !dnsSubdomainProblems(found.name).length ? found : undefined;
}

function wantedOf(headers: HttpRequest['headers']): Wanted | undefined {
  const name = headers.get('impersonate-user') ?? '';
  const groups = list(headers.get('impersonate-group'));
  const uid = headers.get('impersonate-uid') ?? '';
  const extra = extraOf(headers);
  if (name) return { name, uid, groups, extra };
  if (groups.length || uid || extra.size) throw badRequest('requested impersonation of groups, uid or extra without impersonating a user');
  return undefined;
}

/** Several headers of one name reach us as one, joined by a comma and a space (Fetch, 2.2.2). A comma alone is a part of a value: `CN=a,OU=b`. */
const list = (value: string | null): string[] => (value ? value.split(', ').filter(Boolean) : []);

function extraOf(headers: HttpRequest['headers']): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const header of headers.keys()) {
    const name = header.toLowerCase();
    if (name.startsWith(EXTRA_PREFIX)) out.set(decode(name.slice(EXTRA_PREFIX.length)), list(headers.get(name)));
  }
  return out;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
