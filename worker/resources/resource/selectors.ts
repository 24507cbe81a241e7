// The CEL expressions that select devices: what they may speak of, whether they compile, and which devices they take.
// Mirrors dynamic-resource-allocation/cel (compile.go).

import { forbiddenField, invalidField, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Device, DeviceAttribute, DeviceSelector } from '../../api/gen/resource-v1.ts';
import { compile, CompileError, isBool, typeText } from '../../lib/cel/index.ts';
import type { Program } from '../../lib/cel/index.ts';
import { readQuantity, readSemver } from '../../lib/cel/library/quantity.ts';
import { BOOL, DYN, mapOf, objectType, opaque, STRING } from '../../lib/cel/types.ts';
import type { Type } from '../../lib/cel/types.ts';
import { CelError, CostError } from '../../lib/cel/values.ts';
import type { Value } from '../../lib/cel/values.ts';
import { eachOf } from './names.ts';

const MAX_SELECTORS = 32;
const MAX_LENGTH = 10 * 1024;
const MAX_COST = 1_000_000;
const MAX_ENTRIES = 32;

/** Whether every selector takes a device. Throws CelError, or CostError. */
export const selects = (selectors: readonly DeviceSelector[] | undefined, driver: string, device: Device): boolean =>
  (selectors ?? []).every(({ cel }) => !cel || isMatch(programOf(cel.expression), driver, device));

/** `isStored`: the expressions were checked before, and are what they were. */
export const validateSelectors = (selectors: readonly DeviceSelector[] | undefined, path: string, isStored = false): FieldError[] =>
  eachOf(selectors, MAX_SELECTORS, path, ({ cel }, at) => {
    if (!cel) return [requiredField(`${at}.cel`)];
    return isStored ? [] : validateExpression(cel.expression, `${at}.cel.expression`);
  });

function validateExpression(expression: string, path: string): FieldError[] {
  if (expression.length > MAX_LENGTH) return [tooLong(path, MAX_LENGTH)];
  try {
    const program = compile(expression, { variables: VARIABLES });
    if (!isBool(program.type))
      return [invalidField(path, expression, `must evaluate to bool or the unknown type, not ${typeText(program.type)}`)];
    return program.maxCost > MAX_COST ? [forbiddenField(path, 'too complex, exceeds cost limit')] : [];
  } catch (error) {
    if (error instanceof CompileError) return [invalidField(path, expression, `compilation failed: ${error.message}`)];
    throw error;
  }
}

const atMost = (type: Type, max: number): Type => ({ ...type, bounds: { max } });
const byDomain = (of: Type): Type => atMost(mapOf(atMost(STRING, 63), atMost(mapOf(atMost(STRING, 32), of), MAX_ENTRIES)), MAX_ENTRIES);
const FIELDS: Readonly<Record<string, Type>> = {
  driver: atMost(STRING, 63),
  attributes: byDomain(atMost(DYN, 64)),
  capacity: byDomain(opaque('kubernetes.Quantity')),
  allowMultipleAllocations: BOOL,
};
const VARIABLES: ReadonlyMap<string, Type> = new Map([
  ['device', objectType('kubernetes.DRADevice', (name) => (Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined))],
]);

const programs = new Map<string, Program>();
const MAX_PROGRAMS = 256;

function programOf(expression: string): Program {
  let program = programs.get(expression);
  if (program) return program;
  if (programs.size >= MAX_PROGRAMS) programs.clear();
  try {
    program = compile(expression, { variables: VARIABLES });
  } catch (error) {
    if (error instanceof CompileError) throw new CelError(`compilation failed: ${error.message}`);
    throw error;
  }
  programs.set(expression, program);
  return program;
}

function isMatch(program: Program, driver: string, device: Device): boolean {
  const value = new Map<string, Value>([
    ['driver', driver],
    ['attributes', domains(device.attributes, driver, attributeValue)],
    ['capacity', domains(device.capacity, driver, ({ value: amount }) => readQuantity(amount))],
    ['allowMultipleAllocations', device.allowMultipleAllocations ?? false],
  ]);
  const { value: result } = program.run({ variable: (name) => (name === 'device' ? value : undefined), limit: MAX_COST });
  if (typeof result !== 'boolean') throw new CelError('CEL result of type ' + typeof result + ' could not be converted to bool');
  return result;
}

/** A domain that a device does not know has no entries, instead of not being there. */
class Domains extends Map<Value, Value> {
  override has(): boolean {
    return true;
  }
  override get(domain: Value): Value {
    return super.get(domain) ?? new Map();
  }
}

/** Names without a domain are in the driver's. */
function domains<T>(entries: Readonly<Record<string, T>> | undefined, driver: string, valueOf: (entry: T) => Value): Domains {
  const byName = new Map<string, Map<Value, Value>>();
  for (const [name, entry] of Object.entries(entries ?? {})) {
    const slash = name.indexOf('/');
    const domain = slash < 0 ? driver : name.slice(0, slash);
    const inDomain = byName.get(domain) ?? new Map<Value, Value>();
    byName.set(domain, inDomain.set(name.slice(slash + 1), valueOf(entry)));
  }
  return new Domains(byName);
}

function attributeValue({ int, bool, string, version }: DeviceAttribute): Value {
  if (int !== undefined) return BigInt(int);
  if (bool !== undefined) return bool;
  if (string !== undefined) return string;
  return version === undefined ? null : readSemver(version);
}

/** What went wrong while selecting, if it is the expression's fault. */
export const isSelectionProblem = (error: unknown): error is Error => error instanceof CelError || error instanceof CostError;
