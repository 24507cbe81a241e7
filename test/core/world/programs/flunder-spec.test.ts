// What a flunder of the sample API server is in either version.

import { describe, expect, test } from 'vitest';
import { fieldErrorMessage } from '../../../../worker/api/field-error.ts';
import type { Version } from '../../../../worker/world/programs/sample-apiserver/documents.ts';
import { problemsOf, specFrom, specIn } from '../../../../worker/world/programs/sample-apiserver/spec.ts';

type Spec = Readonly<Record<string, unknown>>;

test.each<{ name: string; version: Version; given: Spec; alpha: Spec; beta: Spec }>([
  { name: 'nothing', version: 'v1alpha1', given: {}, alpha: {}, beta: {} },
  {
    name: 'a reference of no type is to a flunder',
    version: 'v1alpha1',
    given: { reference: 'a' },
    alpha: { reference: 'a', referenceType: 'Flunder' },
    beta: { flunderReference: 'a', referenceType: 'Flunder' },
  },
  {
    name: 'to a fischer',
    version: 'v1alpha1',
    given: { reference: 'a', referenceType: 'Fischer' },
    alpha: { reference: 'a', referenceType: 'Fischer' },
    beta: { fischerReference: 'a', referenceType: 'Fischer' },
  },
  { name: 'of neither type is lost', version: 'v1alpha1', given: { reference: 'a', referenceType: 'Fish' }, alpha: {}, beta: {} },
  {
    name: 'in the later version',
    version: 'v1beta1',
    given: { fischerReference: 'a', referenceType: 'Fischer', more: 1 },
    alpha: { reference: 'a', referenceType: 'Fischer' },
    beta: { fischerReference: 'a', referenceType: 'Fischer' },
  },
  { name: 'null is nothing', version: 'v1beta1', given: { flunderReference: null }, alpha: {}, beta: {} },
])('$name', ({ version, given, alpha, beta }) => {
  const spec = specFrom(version, given);
  expect([specIn('v1alpha1', spec), specIn('v1beta1', spec)]).toEqual([alpha, beta]);
});

describe('refused', () => {
  test.each([
    { given: { reference: true }, type: 'bool' },
    { given: { reference: 1 }, type: 'number' },
    { given: { reference: ['a'] }, type: 'array' },
    { given: { reference: {} }, type: 'object' },
  ])('a reference that is a $type', ({ given, type }) => {
    expect(() => specFrom('v1alpha1', given)).toThrow(
      `Flunder in version "v1alpha1" cannot be handled as a Flunder: json: cannot unmarshal ${type} into Go struct field FlunderSpec.spec.reference of type string`,
    );
  });

  test.each<{ given: Parameters<typeof problemsOf>[0]; want: readonly string[] }>([
    { given: {}, want: [] },
    { given: { flunderReference: 'a', referenceType: 'Flunder' }, want: [] },
    {
      given: { flunderReference: 'a', fischerReference: 'b', referenceType: 'Flunder' },
      want: ['spec.fischerReference: Invalid value: "b": cannot be set with flunderReference at the same time'],
    },
    {
      given: { flunderReference: 'a' },
      want: ['spec.flunderReference: Invalid value: "a": cannot be set if referenceType is not Flunder'],
    },
    {
      given: { fischerReference: 'a' },
      want: ['spec.fischerReference: Invalid value: "a": cannot be set if referenceType is not Fischer'],
    },
    {
      given: { referenceType: 'Fischer' },
      want: ['spec.fischerReference: Invalid value: "": cannot be empty if referenceType is Fischer'],
    },
    {
      given: { referenceType: 'Flunder' },
      want: ['spec.flunderReference: Invalid value: "": cannot be empty if referenceType is Flunder'],
    },
    { given: { referenceType: 'Fish' }, want: ['spec.referenceType: Invalid value: "Fish": must be Flunder or Fischer'] },
  ])('$want', ({ given, want }) => {
    expect(problemsOf(given).map(fieldErrorMessage)).toEqual(want);
  });
});
