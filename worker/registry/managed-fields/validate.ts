// Whether an applied configuration fits its type, in the words of structured-merge-diff typed/validate.go. Finer rules are the kind's own validation.

import { formatSyntax, formatValue, typeName } from '../../lib/go-format.ts';
import { isRecord } from '../../lib/json.ts';
import type { ListType, ScalarType, Type } from '../../api/schema.ts';
import { FieldsError, printElement } from './path-element.ts';
import { classOf, fieldType, isDeduced, itemElement } from './shape.ts';
import type { Fields } from './shape.ts';

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The text of all problems, or undefined. */
export function typeProblems(value: unknown, type: Type): string | undefined {
  const problems: Problem[] = [];
  check(value, type, '', problems);
  if (!problems.length) return undefined;
  const texts = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return texts.length === 1 ? texts[0] : ['errors:', ...texts.map((text) => `  ${text}`)].join('\n');
}

function check(value: unknown, type: Type, path: string, problems: Problem[]): void {
  if (value === null) return;
  switch (type.kind) {
    case 'struct':
    case 'map':
      if (isRecord(value)) checkFields(value, type, path, problems);
      else problems.push({ path, message: `expected map, got ${shown(value)}` });
      return;
    case 'list':
      if (Array.isArray(value)) checkItems(value, type, path, problems);
      else problems.push({ path, message: `expected list, got ${shown(value)}` });
      return;
    default: {
      const message = scalarProblem(value, type);
      if (message) problems.push({ path, message });
    }
  }
}

function checkFields(value: Fields, type: Type, path: string, problems: Problem[]): void {
  for (const key of Object.keys(value)) {
    const below = fieldType(type, key);
    if (!below) {
      problems.push({ path: `${path}.${key}`, message: 'field not declared in schema' });
      return; // upstream looks no further at this level
    }
    if (value[key] !== undefined) check(value[key], below, `${path}.${key}`, problems);
  }
}

function checkItems(items: readonly unknown[], type: ListType, path: string, problems: Problem[]): void {
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    let at = `[${i}]`;
    if (type.list !== 'atomic') {
      let element: string;
      try {
        element = itemElement(item, type);
      } catch (error) {
        if (!(error instanceof FieldsError)) throw error;
        problems.push({ path, message: `element ${i}: ${error.message}` });
        return;
      }
      at = printElement(element);
      if (seen.has(element)) problems.push({ path, message: `duplicate entries for key ${at}` });
      seen.add(element);
    }
    check(item, type.of, `${path}${at}`, problems);
  }
}

function scalarProblem(value: unknown, type: ScalarType): string | undefined {
  if (isDeduced(type) || type.kind === 'RawExtension') return undefined;
  switch (classOf(type.kind)) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${typeName(value)}`;
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${formatSyntax(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${shown(value)}`;
    case 'untyped':
      return typeof value === 'object' ? `expected any scalar, got ${shown(value)}` : undefined;
  }
}

/** A pointer to a struct of one field. */
const shown = (value: unknown): string => `&{${formatValue(value, true)}}`;
