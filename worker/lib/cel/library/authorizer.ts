// Asking in a rule what somebody may do. Mirrors apiserver pkg/cel/library/authz.go.

import { costs, fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { opaque } from '../types.ts';
import type { Type } from '../types.ts';
import { Foreign } from '../values.ts';

/** The question. Of a path, only that and the verb. */
export interface Question {
  readonly path: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Instead of whoever makes the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

export interface Answer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Who answers. */
export type Ask = (question: Question, verb: string) => Answer;

const EMPTY: Question = { path: '', group: '', resource: '', subresource: '', namespace: '', name: '' };

class Check extends Foreign {
  readonly type: Type;
  readonly ask: Ask;
  readonly question: Question;
  constructor(type: string, ask: Ask, question: Question) {
    super();
    this.type = opaque(type);
    this.ask = ask;
    this.question = question;
  }
  isEqual(other: Foreign): boolean {
    return other === this;
  }
  as = (type: string, more: Partial<Question>): Check => new Check(type, this.ask, { ...this.question, ...more });
}

class DecisionValue extends Foreign {
  readonly type = opaque('kubernetes.authorization.Decision');
  readonly answer: Answer;
  constructor(answer: Answer) {
    super();
    this.answer = answer;
  }
  isEqual(other: Foreign): boolean {
    return other === this;
  }
}

const AUTHORIZER = 'kubernetes.authorization.Authorizer';
const PATH = 'kubernetes.authorization.PathCheck';
const GROUP = 'kubernetes.authorization.GroupCheck';
const RESOURCE = 'kubernetes.authorization.ResourceCheck';
const DECISION = 'kubernetes.authorization.Decision';
export const AUTHORIZER_TYPE = opaque(AUTHORIZER);
export const RESOURCE_CHECK_TYPE = opaque(RESOURCE);

export const authorizerValue = (ask: Ask): Foreign => new Check(AUTHORIZER, ask, EMPTY);
/** The check of what the request itself is about: `authorizer.requestResource`. */
export const resourceCheckValue = (ask: Ask, question: Omit<Question, 'path'>): Foreign =>
  new Check(RESOURCE, ask, { ...EMPTY, ...question });

const nominal = costs.fixed(1);
const decided = (check: Check, verb: string): DecisionValue => new DecisionValue(check.ask(check.question, verb));

export const authorizer: Library = [
  fn('path', `${AUTHORIZER}.(string) ${PATH}`, (one: Check, path: string) => one.as(PATH, { path }), nominal),
  fn('group', `${AUTHORIZER}.(string) ${GROUP}`, (one: Check, group: string) => one.as(GROUP, { group }), nominal),
  fn(
    'serviceAccount',
    `${AUTHORIZER}.(string, string) ${AUTHORIZER}`,
    (one: Check, namespace: string, name: string) => one.as(AUTHORIZER, { serviceAccount: { namespace, name } }),
    nominal,
  ),
  fn('resource', `${GROUP}.(string) ${RESOURCE}`, (one: Check, resource: string) => one.as(RESOURCE, { resource }), nominal),
  fn('subresource', `${RESOURCE}.(string) ${RESOURCE}`, (one: Check, subresource: string) => one.as(RESOURCE, { subresource }), nominal),
  fn('namespace', `${RESOURCE}.(string) ${RESOURCE}`, (one: Check, namespace: string) => one.as(RESOURCE, { namespace }), nominal),
  fn('name', `${RESOURCE}.(string) ${RESOURCE}`, (one: Check, name: string) => one.as(RESOURCE, { name }), nominal),
  fn('fieldSelector', `${RESOURCE}.(string) ${RESOURCE}`, (one: Check) => one, costs.traversal(1)),
  fn('labelSelector', `${RESOURCE}.(string) ${RESOURCE}`, (one: Check) => one, costs.traversal(1)),
  fn('check', `${PATH}.(string) ${DECISION}`, decided, costs.fixed(350_000)),
  fn('check', `${RESOURCE}.(string) ${DECISION}`, decided, costs.fixed(350_000)),
  fn('errored', `${DECISION}.() bool`, ({ answer }: DecisionValue) => answer.error !== undefined, nominal),
  fn('error', `${DECISION}.() string`, ({ answer }: DecisionValue) => answer.error ?? '', nominal),
  fn('allowed', `${DECISION}.() bool`, ({ answer }: DecisionValue) => answer.allowed, nominal),
  fn('reason', `${DECISION}.() string`, ({ answer }: DecisionValue) => answer.reason, nominal),
];
