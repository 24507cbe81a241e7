// Checks values against the rules of their schema (x-kubernetes-validations). Mirrors apiextensions-apiserver pkg/apiserver/schema/cel (validation.go,
// compilation.go).

import { duplicateField, forbiddenField, invalidField, OMITTED, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { ValidationRule } from '../../api/gen/apiextensions-v1.ts';
import { compile, CompileError } from '../../lib/cel/index.ts';
import type { Program } from '../../lib/cel/index.ts';
import { optionalOf } from '../../lib/cel/types.ts';
import type { Type } from '../../lib/cel/types.ts';
import { CelError, CostError, NONE, Optional } from '../../lib/cel/values.ts';
import type { Value } from '../../lib/cel/values.ts';
import { isEqual, isRecord } from '../../lib/json.ts';
import { FieldPathError, followFieldPath } from '../apiextensions/validation/field-path.ts';
import { celType, celValue } from './cel-types.ts';
import { isEmbedded, itemsOf, propertyOf, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';
import { itemsBefore } from './validate.ts';

/** What one rule may take, and all of them together. */
export const PER_CALL_LIMIT = 1_000_000;
const BUDGET = 10_000_000;
const MAX_MESSAGE_BYTES = 5 * 1024;

/** Checks a value; `old` is what an update changes. */
export type RuleCheck = (value: unknown, old: unknown, path?: string) => FieldError[];

/** Undefined if the schema has no rules. */
export function compileRules(schema: Schema, isRoot = false): RuleCheck | undefined {
  const node = nodeOf(schema, schema, isRoot);
  if (!node) return undefined;
  return (value, old, path = '') => {
    const run: Run = { budget: BUDGET, errors: [] };
    validate(node, value, old ?? undefined, path, old === undefined ? undefined : { value: old }, run);
    return run.errors;
  };
}

export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  readonly message: Program | undefined;
  readonly usesOld: boolean;
  /** In upstream's words. */
  readonly error: string | undefined;
  readonly messageError: string | undefined;
  /** Where what it refuses is, from the value that it is about. */
  readonly fieldPath: string;
}

export function compileRule(rule: ValidationRule, self: Type, schema: Schema): CompiledRule {
  const variables = new Map<string, Type>([
    ['self', self],
    ['oldSelf', rule.optionalOldSelf ? optionalOf(self) : self],
  ]);
  const attempt = (source: string): Program | string => {
    try {
      return compile(source, { variables });
    } catch (error) {
      if (error instanceof CompileError) return error.message;
      throw error;
    }
  };
  const program = attempt(rule.rule);
  const base = {
    rule,
    usesOld: typeof program !== 'string' && program.uses('oldSelf'),
    fieldPath: fieldPathOf(rule, schema),
    messageError: undefined,
    message: undefined,
  };
  if (typeof program === 'string') return { ...base, program: undefined, error: `compilation failed: ${program}` };
  if (program.type.kind !== 'bool') return { ...base, program: undefined, error: 'cel expression must evaluate to a bool' };
  if (!rule.messageExpression) return { ...base, program, error: undefined };
  const message = attempt(rule.messageExpression);
  if (typeof message === 'string')
    return { ...base, program, error: undefined, messageError: `messageExpression compilation failed: ${message}` };
  if (message.type.kind !== 'string')
    return { ...base, program, error: undefined, messageError: 'messageExpression must evaluate to a string' };
  return { ...base, program, message, error: undefined };
}

function fieldPathOf({ fieldPath }: ValidationRule, schema: Schema): string {
  if (!fieldPath) return '';
  try {
    return followFieldPath(fieldPath, schema).path;
  } catch (error) {
    if (error instanceof FieldPathError) return '';
    throw error;
  }
}

/** A schema's part that has rules, or parts with rules. */
interface Node {
  readonly schema: Schema;
  readonly isRoot: boolean;
  readonly rules: readonly CompiledRule[];
  readonly items: Node | undefined;
  readonly values: Node | undefined;
  readonly properties: ReadonlyMap<string, Node>;
  readonly allOf: readonly Node[];
}

/** `checking` has the rules; `schema` says what the values are. They differ inside of allOf only. */
function nodeOf(checking: Schema, schema: Schema, isRoot: boolean): Node | undefined {
  const given = checking['x-kubernetes-validations'] ?? [];
  const self = given.length ? celType(schema, isRoot) : undefined;
  const rules = self ? given.filter(({ rule }) => rule.trim()).map((rule) => compileRule(rule, self, schema)) : [];
  const below = (inner: Schema | undefined, outer: Schema | undefined): Node | undefined =>
    inner && outer && nodeOf(inner, outer, isEmbedded(outer));
  const items = below(itemsOf(checking), itemsOf(schema));
  const values = below(valuesOf(checking), valuesOf(schema));
  const properties = new Map<string, Node>();
  for (const name of Object.keys(checking.properties ?? {})) {
    const node = below(propertyOf(checking, name), propertyOf(schema, name));
    if (node) properties.set(name, node);
  }
  const allOf = (checking.allOf ?? []).map((one) => nodeOf(one, schema, isRoot)).filter((one) => one !== undefined);
  if (!rules.length && !items && !values && !properties.size && !allOf.length) return undefined;
  return { schema, isRoot, rules, items, values, properties, allOf };
}

interface Run {
  budget: number;
  readonly errors: FieldError[];
}

/** What the value was before, if that can be told: for what an update leaves as it was. */
type Before = { readonly value: unknown } | undefined;

/** Stops the run. */
const exhausted = (run: Run): void => {
  run.budget = -1;
};

function validate(node: Node, value: unknown, old: unknown, path: string, before: Before, run: Run): void {
  if (value === null || value === undefined || run.budget < 0) return;
  checkRules(node, value, old, path, before, run);
  for (const one of node.allOf) validate(one, value, old, path, undefined, run);
  if (Array.isArray(value)) {
    if (!node.items) return;
    const oldOf = itemsBefore(node.schema, old);
    for (const [i, item] of value.entries()) {
      const oldItem = oldOf?.(item);
      validate(node.items, item, oldItem, `${path}[${i}]`, oldItem === undefined ? undefined : { value: oldItem }, run);
    }
  } else if (isRecord(value)) {
    const oldFields = isRecord(old) ? old : undefined;
    for (const key of Object.keys(value)) {
      const property = node.properties.get(key);
      const child = property ?? (propertyOf(node.schema, key) ? undefined : node.values);
      if (!child) continue;
      const oldValue = oldFields && Object.hasOwn(oldFields, key) ? oldFields[key] : undefined;
      const at = property ? (path ? `${path}.${key}` : key) : `${path}[${key}]`;
      validate(child, value[key], oldValue ?? undefined, at, oldValue === undefined ? undefined : { value: oldValue }, run);
    }
  }
}

function checkRules({ rules, schema, isRoot }: Node, value: unknown, old: unknown, path: string, before: Before, run: Run): void {
  if (!rules.length) return;
  const type = schema.type ?? '';
  const refuse = (detail: string): void => void run.errors.push(invalidField(path, type, detail));
  if (run.budget <= 0) {
    refuse('validation failed due to running out of cost budget, no further validation rules will be run');
    return exhausted(run);
  }
  const self = celValue(value, schema, isRoot);
  const oldSelf = old === undefined ? undefined : celValue(old, schema, isRoot);
  const isUnchanged = before !== undefined && isEqual(before.value, value);
  for (const compiled of rules) {
    const { rule, program, usesOld } = compiled;
    if (compiled.error !== undefined) {
      refuse(`rule compile error: ${compiled.error}`);
      continue;
    }
    if (usesOld && oldSelf === undefined && !rule.optionalOldSelf) continue;
    const variable = (name: string): Value => {
      if (name === 'self') return self;
      if (name !== 'oldSelf') return undefined;
      return rule.optionalOldSelf ? (oldSelf === undefined ? NONE : new Optional(true, oldSelf)) : oldSelf;
    };
    const outcome = evaluated(program!, variable);
    if (outcome.cost > run.budget) {
      refuse('validation failed due to running out of cost budget, no further validation rules will be run');
      return exhausted(run);
    }
    run.budget -= outcome.cost;
    if (outcome.error instanceof CostError) {
      refuse(
        `'${outcome.error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${nameOf(rule)}`,
      );
      return exhausted(run);
    }
    if (outcome.error) {
      refuse(
        outcome.error.message.startsWith('no such overload')
          ? `'${outcome.error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(rule)}`
          : `${outcome.error.message} evaluating rule: ${nameOf(rule)}`,
      );
      continue;
    }
    if (outcome.value === true || (!usesOld && isUnchanged)) continue;
    const at = compiled.fieldPath ? (path ? `${path}.${compiled.fieldPath}` : compiled.fieldPath) : path;
    const detail = messageOf(compiled, variable, at, run);
    if (detail === undefined) return;
    run.errors.push(errorOf(rule, at, type === 'object' || type === 'array' ? OMITTED : value, detail));
  }
}

export interface Evaluated {
  readonly value?: Value;
  readonly cost: number;
  readonly error?: CelError | CostError;
}

export function evaluated(program: Program, variable: (name: string) => Value, limit = PER_CALL_LIMIT): Evaluated {
  try {
    return program.run({ variable, limit });
  } catch (error) {
    if (error instanceof CelError || error instanceof CostError) return { error, cost: error.cost };
    throw error;
  }
}

const nameOf = ({ rule, message }: ValidationRule): string => (message ? message.trim() : rule.trim());

/** Undefined if the run ends here. */
function messageOf({ rule, message }: CompiledRule, variable: (name: string) => Value, at: string, run: Run): string | undefined {
  if (message) {
    const { value, cost, error } = evaluated(message, variable);
    const quoted = JSON.stringify(rule.messageExpression);
    const stop = (detail: string): undefined => {
      run.errors.push(invalidField(at, '', detail));
      exhausted(run);
    };
    if (cost > run.budget)
      return stop('messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run');
    if (error instanceof CostError)
      return stop(`no further validation rules will be run due to call cost exceeds limit for messageExpression: ${quoted}`);
    run.budget -= cost;
    const text = typeof value === 'string' ? value.trim() : '';
    if (!error && text && !text.includes('\n') && text.length <= MAX_MESSAGE_BYTES) return text;
  }
  return rule.message ? rule.message.trim() : `failed rule: ${nameOf(rule)}`;
}

function errorOf({ reason }: ValidationRule, field: string, value: unknown, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail);
    case 'FieldValueRequired':
      return requiredField(field, detail);
    case 'FieldValueDuplicate':
      return duplicateField(field, value);
    default:
      return invalidField(field, value, detail);
  }
}
