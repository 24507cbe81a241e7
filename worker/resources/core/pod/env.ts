// Environment variables of a container. Mirrors ValidateEnv and ValidateEnvFrom of kubernetes pkg/apis/core/validation.

import { fieldNotFound, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { ConfigMapKeySelector, EnvFromSource, EnvVar, FileKeySelector, PodSpec } from '../../../api/gen/core-v1.ts';
import { configKeyProblems, envVarNameProblems } from '../../../lib/formats.ts';
import { nameIsDnsSubdomain } from '../../../lib/names.ts';
import { dnsLabel, problems } from '../../validation/values.ts';
import { visitContainers } from './containers-of.ts';
import { ENV_FIELDS, validateFieldRef, validateResourceRef } from './downward-api.ts';
import { noBacksteps } from './paths.ts';

const ONE_AT_A_TIME = 'may not have more than one field specified at a time';

export function validateEnv(variables: readonly EnvVar[], path: string, errors: FieldError[]): void {
  for (const [i, { name, value, valueFrom }] of variables.entries()) {
    if (!name) errors.push(requiredField(`${path}[${i}].name`));
    else {
      const wrong = envVarNameProblems(name);
      if (wrong.length) errors.push(...problems(name, wrong, `${path}[${i}].name`));
    }
    if (valueFrom) validateValueFrom(valueFrom, value ?? '', `${path}[${i}].valueFrom`, errors);
  }
}

function validateValueFrom(source: NonNullable<EnvVar['valueFrom']>, value: string, path: string, errors: FieldError[]): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, ENV_FIELDS, `${path}.fieldRef`));
  if (resourceFieldRef) errors.push(...validateResourceRef(resourceFieldRef, `${path}.resourceFieldRef`, false));
  if (configMapKeyRef) errors.push(...validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyRef(secretKeyRef, `${path}.secretKeyRef`));
  if (fileKeyRef) errors.push(...validateFileKeyRef(fileKeyRef, `${path}.fileKeyRef`));
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter((one) => one !== undefined).length;
  if (count === 0) {
    const message = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalidField(path, '', message));
  } else if (value) errors.push(invalidField(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalidField(path, '', ONE_AT_A_TIME));
}

/** Of ConfigMaps and Secrets alike. */
function validateKeyRef({ name = '', key }: ConfigMapKeySelector, path: string): FieldError[] {
  const errors = problems(name, nameIsDnsSubdomain(name, false), `${path}.name`);
  return [...errors, ...(key ? problems(key, configKeyProblems(key), `${path}.key`) : [requiredField(`${path}.key`)])];
}

const validateFileKeyRef = ({ key, volumeName, path: file }: FileKeySelector, path: string): FieldError[] => [
  ...(key ? problems(key, envVarNameProblems(key), `${path}.key`) : [requiredField(`${path}.key`)]),
  ...(volumeName ? dnsLabel(volumeName, `${path}.volumeName`) : [requiredField(`${path}.volumeName`)]),
  ...(file ? noBacksteps(file, `${path}.path`) : [requiredField(`${path}.path`)]),
];

export function validateEnvFrom(sources: readonly EnvFromSource[], path: string, errors: FieldError[]): void {
  for (const [i, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const at = `${path}[${i}]`;
    if (prefix) errors.push(...problems(prefix, envVarNameProblems(prefix), `${at}.prefix`));
    for (const [name, ref] of [
      ['configMapRef', configMapRef],
      ['secretRef', secretRef],
    ] as const) {
      if (!ref) continue;
      if (!ref.name) errors.push(requiredField(`${at}.${name}.name`));
      else errors.push(...problems(ref.name, nameIsDnsSubdomain(ref.name, true), `${at}.${name}.name`));
    }
    if (!configMapRef && !secretRef) errors.push(invalidField(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef && secretRef) errors.push(invalidField(path, '', ONE_AT_A_TIME));
  }
}

/** Files of variables lie in an emptyDir. */
export function validateFileKeyVolumes(spec: PodSpec, path: string, errors: FieldError[]): void {
  visitContainers(spec, path, ({ env }, at) => {
    for (const [i, { valueFrom }] of (env ?? []).entries()) {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) continue;
      const where = `${at()}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const volume = spec.volumes?.findLast((one) => one.name === name);
      if (!volume) errors.push(fieldNotFound(where, name));
      else if (!volume.emptyDir) errors.push(invalidField(where, name, 'referenced volume must be of type emptyDir'));
    }
  });
}
