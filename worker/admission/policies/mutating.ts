// MutatingAdmissionPolicies: expressions that change what a request brings. Mirrors apiserver pkg/admission/plugin/policy/mutating.

import { PatchFailure } from '../../api/admission.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type {
  MatchCondition,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '../../api/gen/admissionregistration-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { StatusError } from '../../api/status.ts';
import type { Program } from '../../lib/cel/index.ts';
import { isEqual } from '../../lib/json.ts';
import { mutatingAdmissionPolicies } from '../../resources/admissionregistration/mutatingadmissionpolicy.ts';
import { mutatingAdmissionPolicyBindings } from '../../resources/admissionregistration/mutatingadmissionpolicybinding.ts';
import { jsonValue } from '../../resources/custom/cel-types.ts';
import { inVersion, isPolicyExempt, matchedResource } from '../matching.ts';
import { refusal } from '../refusal.ts';
import { hasTurn, noteBegin, noteEnd, noteRun, reinvocationOf } from '../reinvocation.ts';
import { replaceContent } from '../replace.ts';
import {
  BUDGET,
  compiler,
  compileVariables,
  CONDITIONS_BUDGET,
  environmentOf,
  matchesConditions,
  PolicyError,
  run,
} from './environment.ts';
import type { Given, Variables } from './environment.ts';
import { ConfigurationError, paramsOf } from './params.ts';

export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: 'MutatingAdmissionPolicy',
  handles: (resource) => !isPolicyExempt(resource),
  ignores: (_, reader) => reader.count(mutatingAdmissionPolicies) === 0,
  admit(request, context) {
    const policies = context.config.minor >= 36 ? context.reader.list(mutatingAdmissionPolicies) : [];
    if (!policies.length) return;
    const bindings = context.reader.list(mutatingAdmissionPolicyBindings);
    const problems: string[] = [];
    const state = reinvocationOf(request);
    noteBegin(state, this.name, request);
    for (const policy of policies)
      for (const binding of bindings)
        if (binding.spec.policyName === policy.metadata.name) applyBinding(policy, binding, request, context, problems);
    noteEnd(state, this.name, request);
    if (problems.length) throw denial(request, problems);
  },
};

function denial(request: AdmissionRequest, problems: readonly string[]): StatusError {
  const { status } = refusal(request, '');
  return new StatusError({
    ...status,
    message: problems[0]!,
    details: { ...status.details, causes: problems.map((message) => ({ message })) },
  });
}

function applyBinding(
  policy: MutatingAdmissionPolicy,
  binding: MutatingAdmissionPolicyBinding,
  request: AdmissionRequest,
  context: AdmissionContext,
  problems: string[],
): void {
  const { spec, metadata } = policy;
  const state = reinvocationOf(request);
  const id = `policy/${metadata.name}/${binding.metadata.name}`;
  if (!hasTurn(state, id)) return;
  const resource = matchedResource(spec.matchConstraints ?? {}, request, context);
  if (!resource || (binding.spec.matchResources && !matchedResource(binding.spec.matchResources, request, context))) return;
  const by = `policy '${metadata.name}' with binding '${binding.metadata.name}' denied request: `;
  try {
    for (const params of paramsOf(spec.paramKind, binding.spec.paramRef, request.namespace, context)) {
      const changed = request.object !== undefined && mutate(policy, resource, request, context, params);
      noteRun(state, id, changed, spec.reinvocationPolicy);
    }
  } catch (error) {
    const isConfiguration = error instanceof ConfigurationError;
    if (!isConfiguration && !(error instanceof PolicyError) && !(error instanceof PatchFailure)) throw error;
    if (spec.failurePolicy !== 'Ignore')
      problems.push(by + (isConfiguration ? `failed to configure binding: ${error.message}` : error.message));
  }
}

interface Compiled {
  readonly variables: Variables;
  readonly conditions: readonly { readonly condition: MatchCondition; readonly program: Program | string }[];
  readonly mutations: readonly { readonly mutation: Mutation; readonly expression: string; readonly program: Program | string }[];
}

const compiled = new WeakMap<MutatingAdmissionPolicy, Compiled>();

function compiledOf(policy: MutatingAdmissionPolicy): Compiled {
  let known = compiled.get(policy);
  if (!known) compiled.set(policy, (known = compilePolicy(policy)));
  return known;
}

function compilePolicy({ spec }: MutatingAdmissionPolicy): Compiled {
  const hasParams = spec.paramKind !== undefined;
  const { programs, types } = compileVariables(spec.variables, hasParams);
  const compile = compiler({ hasParams, hasPatchTypes: true, ...(types.size && { variables: types }) });
  const compileCondition = compiler({ hasParams });
  return {
    variables: programs,
    conditions: (spec.matchConditions ?? []).map((condition) => ({ condition, program: compileCondition(condition.expression, 'bool') })),
    mutations: (spec.mutations ?? []).map((mutation) => {
      const expression = (mutation.patchType === 'JSONPatch' ? mutation.jsonPatch : mutation.applyConfiguration)?.expression ?? '';
      return { mutation, expression, program: compile(expression, mutation.patchType === 'JSONPatch' ? 'list(JSONPatch)' : 'Object') };
    }),
  };
}

/** Whether anything changed. Throws PolicyError or PatchFailure. */
function mutate(
  policy: MutatingAdmissionPolicy,
  resource: Resource,
  request: AdmissionRequest,
  context: AdmissionContext,
  params: KubeObject | null,
): boolean {
  const { variables, conditions, mutations } = compiledOf(policy);
  let object = inVersion(request.object!, request.resource, resource);
  const before = object;
  const given = (): Given => ({
    request,
    context,
    resource,
    object,
    old: inVersion(request.old, request.resource, resource),
    ...(policy.spec.paramKind && { params }),
    variables,
  });
  const conditionPurse = { left: CONDITIONS_BUDGET };
  if (!matchesConditions(conditions, environmentOf(given(), conditionPurse), conditionPurse)) return false;
  const purse = { left: BUDGET };
  for (const { mutation, expression, program } of mutations) {
    const value = jsonValue(run(program, expression, environmentOf(given(), purse), purse));
    object =
      mutation.patchType === 'JSONPatch'
        ? context.patches.json(resource, object, value)
        : context.patches.apply(resource, object, refusing(value));
  }
  if (isEqual(object, before)) return false;
  replaceContent(request.object!, inVersion(object, resource, request.resource));
  return true;
}

/** A configuration may not say what object it is. */
function refusing(value: unknown): unknown {
  for (const field of ['apiVersion', 'kind'])
    if (typeof value === 'object' && value !== null && field in value)
      throw new PolicyError(`error applying patch: invalid ApplyConfiguration: may not mutate ${field}`);
  return value;
}
