// What is said of the types in a policy's expressions.

import { describe, expect, test } from 'vitest';
import type { ValidatingAdmissionPolicy } from '../../../worker/api/gen/admissionregistration-v1.ts';
import { crdNames } from '../../../worker/controllers/crd/names.ts';
import { validatingAdmissionPolicyStatus } from '../../../worker/controllers/validatingadmissionpolicy-status.ts';
import { validatingAdmissionPolicies } from '../../../worker/resources/admissionregistration/validatingadmissionpolicy.ts';
import { makeTestCluster } from '../harness.ts';
import { crdOf, install } from '../resources/custom/crds.ts';

const rule = (group: string, ...resources: string[]): object => ({
  apiGroups: [group],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources,
});
const DEPLOYMENTS = [rule('apps', 'deployments')];

const statusOf = async (spec: object, prepare?: Parameters<typeof install>[1]): Promise<ValidatingAdmissionPolicy['status']> =>
  (await checked(spec, prepare)).status;

async function checked(spec: object, prepare?: Parameters<typeof install>[1]): Promise<ValidatingAdmissionPolicy> {
  const cluster = makeTestCluster({ alone: true, nodes: 0, extraControllers: [crdNames, validatingAdmissionPolicyStatus] });
  if (prepare) await install(cluster, prepare);
  cluster.api.create(validatingAdmissionPolicies, { metadata: { name: 'p' }, spec } as never);
  cluster.settle();
  expect(cluster.errors).toEqual([]);
  const { body } = await cluster.request('GET', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/p');
  return body as ValidatingAdmissionPolicy;
}

const policyOf = (resourceRules: object[], expression: string, more: object = {}): object => ({
  matchConstraints: { resourceRules },
  validations: [{ expression }],
  ...more,
});

describe('a policy whose types are right', () => {
  test.each<[string, object]>([
    ['fields of its kind', policyOf(DEPLOYMENTS, 'object.spec.replicas > 1 && object.metadata.labels["a"] == "b"')],
    ['what may be a number or a text', policyOf(DEPLOYMENTS, 'object.spec.strategy.rollingUpdate.maxSurge == "1"')],
    ['any kind', policyOf([rule('*', '*')], 'object.nothing == 1')],
    ['subresources only', policyOf([rule('', 'pods/status')], 'object.nothing == 1')],
    ['a kind that nobody knows', policyOf([rule('x.io', 'things')], 'object.nothing == 1')],
    ['variables', policyOf(DEPLOYMENTS, 'variables.n > 1', { variables: [{ name: 'n', expression: 'object.spec.replicas' }] })],
    ['params', policyOf(DEPLOYMENTS, 'params.data["a"] == object.metadata.name', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } })],
  ])('%s', async (_name, spec) => {
    expect(await statusOf(spec)).toEqual({ observedGeneration: 1, typeChecking: {} });
  });
});

test('what is said is applied', async () => {
  const { metadata } = await checked(policyOf(DEPLOYMENTS, 'true'));
  expect(metadata.managedFields).toContainEqual(
    expect.objectContaining({
      manager: 'validatingadmissionpolicy-status-controller',
      operation: 'Apply',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:observedGeneration': {}, 'f:typeChecking': {} } },
    }),
  );
});

describe('a policy whose types are wrong', () => {
  const DEPLOYMENT = (problem: string): string => `apps/v1, Kind=Deployment: ${problem}\n`;
  test('no such field', async () => {
    expect(await statusOf(policyOf(DEPLOYMENTS, 'object.spec.foo > 1'))).toEqual({
      observedGeneration: 1,
      typeChecking: {
        expressionWarnings: [
          {
            fieldRef: 'spec.validations[0].expression',
            warning: DEPLOYMENT("ERROR: <input>:1:12: undefined field 'foo'\n | object.spec.foo > 1\n | ...........^"),
          },
        ],
      },
    });
  });

  test('another type, in a message', async () => {
    const spec = {
      ...policyOf(DEPLOYMENTS, 'true'),
      validations: [{ expression: 'true', messageExpression: 'object.spec.replicas + ""' }],
    };
    const { expressionWarnings } = (await statusOf(spec))!.typeChecking!;
    expect(expressionWarnings).toMatchObject([{ fieldRef: 'spec.validations[0].messageExpression' }]);
    expect(expressionWarnings![0]!.warning).toContain("found no matching overload for '_+_' applied to '(int, string)'");
  });

  test('for each kind that it names', async () => {
    const rules = [rule('', 'pods', 'configmaps'), rule('apps', 'deployments')];
    const { expressionWarnings } = (await statusOf(policyOf(rules, 'object.spec.replicas > 1')))!.typeChecking!;
    expect(expressionWarnings![0]!.warning.match(/^\S+, Kind=\w+/gm)).toEqual(['/v1, Kind=ConfigMap', '/v1, Kind=Pod']);
  });

  test('of a custom resource', async () => {
    const crd = crdOf({ spec: { type: 'object', properties: { size: { type: 'integer' } } } });
    const rules = [rule('example.com', 'widgets')];
    expect(await statusOf(policyOf(rules, 'object.spec.size > 1'), crd)).toMatchObject({ typeChecking: {} });
    const { typeChecking } = (await statusOf(policyOf(rules, 'object.spec.size == "1"'), crd))!;
    expect(typeChecking!.expressionWarnings![0]!.warning).toMatch(/^example.com\/v1, Kind=Widget: ERROR: /);
  });
});
