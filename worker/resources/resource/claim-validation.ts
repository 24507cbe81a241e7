// What a claim asks for. Mirrors pkg/apis/resource/validation (validateDeviceClaim).

import { forbiddenField, internalFieldError, invalidField, notSupported, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  DeviceClaim,
  DeviceConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../../api/gen/resource-v1.ts';
import type { ResourceContext } from '../../api/resource.ts';
import { isRecord } from '../../lib/json.ts';
import { labelValueProblems } from '../../lib/names.ts';
import { namespaces } from '../core/namespace.ts';
import { dnsLabel, dnsSubdomain, problems, qualifiedName } from '../validation/values.ts';
import { driverName, eachOf, eachOfSet, fullAttributeName } from './names.ts';
import { validateSelectors } from './selectors.ts';

/** Of requests, constraints and configurations. */
export const MAX_REQUESTS = 32;
export const MAX_CONFIG = 32;
const MAX_ALTERNATIVES = 8;
const MAX_PARAMETERS = 10 * 1024;
const UNION = 'exactly one of `exactly` or `firstAvailable` is required';
const ADMIN_LABEL = 'resource.kubernetes.io/admin-access';

/** The names of requests, and of alternatives as `request/alternative`. */
export type RequestNames = ReadonlySet<string>;

export function validateClaimSpec({ devices }: ResourceClaimSpec, path: string): FieldError[] {
  const names = requestNames(devices);
  const at = `${path}.devices`;
  return [
    ...eachOfSet(devices.requests, MAX_REQUESTS, `${at}.requests`, validateRequest, ({ name }) => name),
    ...eachOf(devices.constraints, MAX_REQUESTS, `${at}.constraints`, (one, here) => validateConstraint(one, names, here)),
    ...eachOf(devices.config, MAX_CONFIG, `${at}.config`, (one, here) => [
      ...validateRequestRefs(one.requests, names, `${here}.requests`),
      ...validateConfiguration(one, here),
    ]),
  ];
}

export function requestNames({ requests }: DeviceClaim): RequestNames {
  return new Set(
    (requests ?? []).flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((one) => `${name}/${one.name}`)]),
  );
}

function validateRequest({ name, exactly, firstAvailable }: DeviceRequest, path: string): FieldError[] {
  const errors = dnsLabel(name, `${path}.name`);
  const hasAlternatives = !!firstAvailable?.length;
  if (!exactly && !hasAlternatives) errors.push(requiredField(path, UNION));
  else if (exactly && hasAlternatives) errors.push(invalidField(path, null, `${UNION}, but multiple fields are set`));
  else if (exactly) errors.push(...validateExact(exactly, `${path}.exactly`));
  else
    errors.push(
      ...eachOfSet(
        firstAvailable,
        MAX_ALTERNATIVES,
        `${path}.firstAvailable`,
        (one, at) => [...dnsLabel(one.name, `${at}.name`), ...validateExact(one, at)],
        (one) => one.name,
      ),
    );
  return errors;
}

function validateExact(request: ExactDeviceRequest | DeviceSubRequest, path: string): FieldError[] {
  const { deviceClassName, selectors, allocationMode = '', count = 0, tolerations = [] } = request;
  const errors = deviceClassName ? dnsSubdomain(deviceClassName, `${path}.deviceClassName`) : [requiredField(`${path}.deviceClassName`)];
  errors.push(...validateSelectors(selectors, `${path}.selectors`));
  if (allocationMode === 'All') {
    if (count) errors.push(invalidField(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalidField(`${path}.count`, count, 'must be greater than zero'));
  } else errors.push(notSupported(`${path}.allocationMode`, allocationMode, ['All', 'ExactCount']));
  return [...errors, ...tolerations.flatMap((one, i) => validateToleration(one, `${path}.tolerations[${i}]`))];
}

export const EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

export function validateToleration({ key, operator, value = '', effect }: DeviceToleration, path: string): FieldError[] {
  const errors = key ? qualifiedName(key, `${path}.key`) : [];
  if (operator === 'Exists') {
    if (value) errors.push(invalidField(`${path}.value`, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') errors.push(...problems(value, labelValueProblems(value), `${path}.value`));
  else if (!operator) errors.push(requiredField(`${path}.operator`));
  else errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
  return errors;
}

function validateConstraint(constraint: DeviceConstraint, names: RequestNames, path: string): FieldError[] {
  const { requests, matchAttribute, distinctAttribute } = constraint;
  const errors = validateRequestRefs(requests, names, `${path}.requests`);
  if (matchAttribute !== undefined) errors.push(...fullAttributeName(matchAttribute, `${path}.matchAttribute`));
  else if (distinctAttribute !== undefined) errors.push(...fullAttributeName(distinctAttribute, `${path}.distinctAttribute`));
  else errors.push(requiredField(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'));
  return errors;
}

export const validateRequestRefs = (refs: readonly string[] | undefined, names: RequestNames, path: string): FieldError[] =>
  eachOfSet(
    refs,
    MAX_REQUESTS,
    path,
    (ref, at) => validateRequestRef(ref, names, at),
    (ref) => ref,
  );

export function validateRequestRef(ref: string, names: RequestNames, path: string): FieldError[] {
  const wrong = invalidField(
    path,
    ref,
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
  );
  const parts = ref.split('/');
  if (parts.length > 2) return [wrong];
  return [...parts.flatMap((part) => dnsLabel(part, path)), ...(names.has(ref) ? [] : [wrong])];
}

export function validateConfiguration({ opaque }: DeviceConfiguration, path: string, isStored = false): FieldError[] {
  if (!opaque) return [requiredField(`${path}.opaque`)];
  return [
    ...driverName(opaque.driver, `${path}.opaque.driver`),
    ...validateJson(opaque.parameters, `${path}.opaque.parameters`, isStored ? Infinity : MAX_PARAMETERS),
  ];
}

/** A JSON object of limited size. */
export function validateJson(value: unknown, path: string, max = MAX_PARAMETERS): FieldError[] {
  if (value === undefined || value === null) return [requiredField(path)];
  if (JSON.stringify(value).length > max) return [tooLong(path, max)];
  return isRecord(value) ? [] : [invalidField(path, '<value omitted>', 'must be a valid JSON object')];
}

/** Only the namespaces of administrators may ask for devices that others use. */
export function validateAdminAccess(
  requests: readonly { readonly adminAccess?: boolean }[],
  namespace: string,
  path: string,
  { reader }: ResourceContext,
): FieldError[] {
  const i = requests.findIndex(({ adminAccess }) => adminAccess);
  if (i < 0) return [];
  const at = `${path}[${i}].adminAccess`;
  const found = reader.get(namespaces, '', namespace);
  if (!found) return [internalFieldError(at, `could not retrieve namespace to verify admin access: namespaces "${namespace}" not found`)];
  if (found.metadata.labels?.[ADMIN_LABEL] === 'true') return [];
  return [forbiddenField(at, `admin access to devices requires the \`${ADMIN_LABEL}: true\` label on the containing namespace`)];
}

/** One device, if nothing else is said. */
export function defaultClaimSpec({ devices }: ResourceClaimSpec): void {
  for (const { exactly, firstAvailable = [] } of devices?.requests ?? [])
    for (const request of exactly ? [exactly, ...firstAvailable] : firstAvailable) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
    }
}
