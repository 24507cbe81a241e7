// Says of each ValidatingAdmissionPolicy what is wrong with the types in its expressions, for the kinds that it names. It refuses nothing. Mirrors
// pkg/controller/validatingadmissionpolicystatus and apiserver pkg/admission/plugin/policy/validating/typechecking.go.

import { watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../api/gen/admissionregistration-v1.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { typeProblem } from '../resources/admissionregistration/expressions.ts';
import { validatingAdmissionPolicies } from '../resources/admissionregistration/validatingadmissionpolicy.ts';
import { objectTypeOf } from '../resources/object-type.ts';

const MAX_KINDS = 10;

export const validatingAdmissionPolicyStatus: Controller = {
  name: 'validatingadmissionpolicy-status',
  component: 'kube-controller-manager',
  fieldManager: 'validatingadmissionpolicy-status-controller',
  watches: [watch(validatingAdmissionPolicies)],
  reconcile(name, { api }) {
    const policy = api.get(validatingAdmissionPolicies, '', name);
    const { generation = 0 } = policy?.metadata ?? {};
    if (!policy || generation <= (policy.status.observedGeneration ?? 0)) return;
    const expressionWarnings = warningsOf(policy, api);
    api.applyStatus(validatingAdmissionPolicies, {
      metadata: { name },
      status: { observedGeneration: generation, typeChecking: expressionWarnings.length ? { expressionWarnings } : {} },
    });
  },
};

function warningsOf({ spec }: ValidatingAdmissionPolicy, reader: ClusterReader): ExpressionWarning[] {
  const kinds = kindsOf(spec, reader).map((resource) => ({ resource, object: objectTypeOf(resource) }));
  const params = paramsOf(spec, reader);
  const check = (fieldRef: string, expression: string): ExpressionWarning[] => {
    const problems = kinds.flatMap(({ resource: { group, version, kind }, object }) => {
      const scope = { hasParams: params !== undefined, ...(object && { object }), ...(params && { params }) };
      const problem = typeProblem(expression, spec.variables ?? [], scope);
      return problem === undefined ? [] : [`${group}/${version}, Kind=${kind}: ${problem}\n`];
    });
    return problems.length ? [{ fieldRef, warning: problems.join('\n') }] : [];
  };
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, i) => [
    ...check(`spec.validations[${i}].expression`, expression),
    ...(messageExpression ? check(`spec.validations[${i}].messageExpression`, messageExpression) : []),
  ]);
}

type Spec = ValidatingAdmissionPolicy['spec'];

function paramsOf({ paramKind }: Spec, reader: ClusterReader): ReturnType<typeof objectTypeOf> {
  if (!paramKind) return undefined;
  const parts = (paramKind.apiVersion ?? '').split('/');
  const [group, version] = parts.length === 1 ? ['', parts[0]!] : [parts[0]!, parts[1]!];
  const resource = reader.resourceOf(group, paramKind.kind ?? '', version);
  return resource && objectTypeOf(resource);
}

/** The kinds whose objects it may see, as far as it names them: rules with wildcards are left out. */
function kindsOf({ matchConstraints }: Spec, reader: ClusterReader): Resource[] {
  const found = new Set<Resource>();
  const isPlain = (name: string): boolean => !name.includes('*');
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? []) {
    if (!apiGroups.every(isPlain) || !apiVersions.every(isPlain)) continue;
    const named = new Set(resources.filter((name) => isPlain(name) && !name.includes('/')));
    const kinds = reader
      .resources()
      .filter((one) => named.has(one.resource) && apiGroups.includes(one.group) && apiVersions.includes(one.version))
      .sort(by(({ group, version, resource }) => `${group}/${version}/${resource}`));
    for (const kind of kinds.slice(0, MAX_KINDS)) found.add(kind);
    if (kinds.length >= MAX_KINDS) break;
  }
  return [...found].sort(by(({ group, version, kind }) => `${group}/${version}/${kind}`));
}

const by =
  (keyOf: (resource: Resource) => string) =>
  (a: Resource, b: Resource): number =>
    keyOf(a) < keyOf(b) ? -1 : 1;
