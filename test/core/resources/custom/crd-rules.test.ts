// What a CustomResourceDefinition may say, and what is said of it otherwise; as upstream's validation answers, but where it has changed since.

import { customResourceDefinitions } from '../../../../worker/resources/apiextensions/customresourcedefinition.ts';
import { createRules } from '../kind-rules.ts';

const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const v1 = {
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } } },
};
const base = {
  metadata: { name: 'widgets.example.com' },
  spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [v1] },
};
const version = (change: object): object => ({ spec: { versions: [{ ...v1, ...change }] } });
const schemaOf = (properties: object, more: object = {}): object =>
  version({ schema: { openAPIV3Schema: { type: 'object', properties, ...more } } });

createRules(customResourceDefinitions, base, [
  [
    'a name that is not its plural and group',
    { metadata: { name: 'gadgets.example.com' }, spec: {} },
    'metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group',
  ],
  [
    'a group without a dot',
    { metadata: { name: 'widgets.example' }, spec: { group: 'example' } },
    'spec.group: Invalid value: "example": should be a domain with at least one dot',
  ],
  ['a scope of no kind', { spec: { scope: 'World' } }, 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
  [
    'names that are none',
    {
      metadata: { name: 'Widgets.example.com' },
      spec: { names: { plural: 'Widgets', singular: '1', kind: '1Widget', listKind: 'x y', shortNames: ['W'], categories: ['All'] } },
    },
    "metadata.name: Invalid value: \"Widgets.example.com\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    `spec.names.plural: Invalid value: "Widgets": ${LABEL}`,
    `spec.names.singular: Invalid value: "1": ${LABEL}`,
    `spec.names.kind: Invalid value: "1Widget": may have mixed case, but should otherwise match: ${LABEL}`,
    `spec.names.listKind: Invalid value: "x y": may have mixed case, but should otherwise match: ${LABEL}`,
    `spec.names.shortNames[0]: Invalid value: "W": ${LABEL}`,
    `spec.names.categories[0]: Invalid value: "All": ${LABEL}`,
  ],
  [
    'a list kind that is the kind',
    { spec: { names: { plural: 'widgets', kind: 'Widget', listKind: 'Widget' } } },
    'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
  ],
  [
    'a version that is none',
    version({ name: 'V1' }),
    `spec.versions[0].name: Invalid value: "V1": ${LABEL}`,
    `spec.version: Invalid value: "V1": ${LABEL}`,
  ],
  ['no schema', version({ schema: undefined }), 'spec.versions[0].schema.openAPIV3Schema: Required value'],
  [
    'a warning of what is not deprecated',
    version({ deprecationWarning: 'x' }),
    'spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions',
  ],
  [
    'an empty warning',
    version({ deprecated: true, deprecationWarning: '' }),
    'spec.versions[0].deprecationWarning: Invalid value: "": must not be an empty string',
  ],
  [
    'unknown fields kept everywhere',
    { spec: { preserveUnknownFields: true } },
    'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
  ],
  [
    'unknown fields kept, and defaults',
    {
      spec: {
        preserveUnknownFields: true,
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string', default: 'x' } } } },
          },
        ],
      },
    },
    'spec.preserveUnknownFields: Invalid value: true: must be false in order to use defaults in the schema',
    'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
  ],
  [
    'a conversion of no kind',
    { spec: { conversion: { strategy: 'Magic' } } },
    'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"',
  ],
  [
    'a webhook without more',
    { spec: { conversion: { strategy: 'Webhook' } } },
    'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
    'spec.conversion.conversionReviewVersions: Required value',
  ],
  [
    'a webhook without address',
    { spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig: {}, conversionReviewVersions: ['v1'] } } } },
    'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
  ],
  [
    'a webhook with two addresses',
    {
      spec: {
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { url: 'https://a.b/c', service: { name: 's', namespace: 'n' } }, conversionReviewVersions: ['v1'] },
        },
      },
    },
    'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
  ],
  [
    'a webhook of unknown reviews',
    {
      spec: {
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { service: { name: 's', namespace: 'n' } }, conversionReviewVersions: ['v9'] },
        },
      },
    },
    'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
  ],
  [
    'no webhook to be used',
    { spec: { conversion: { strategy: 'None', webhook: { clientConfig: { url: 'https://a.b/c' }, conversionReviewVersions: ['v1'] } } } },
    'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook',
    'spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook',
  ],
  [
    'a webhook by plain HTTP',
    { spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'http://a.b/c' }, conversionReviewVersions: ['v1'] } } } },
    'spec.conversion.webhookClientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
  ],
  [
    'paths of the scale',
    version({ subresources: { scale: { specReplicasPath: '.x', statusReplicasPath: '.y', labelSelectorPath: '.z' } } }),
    'spec.subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec',
    'spec.subresources.scale.statusReplicasPath: Invalid value: ".y": should be a json path under .status',
    'spec.subresources.scale.labelSelectorPath: Invalid value: ".z": should be a json path under either .spec or .status',
  ],
  [
    'no paths of the scale',
    version({ subresources: { scale: {} } }),
    'spec.subresources.scale.specReplicasPath: Required value',
    'spec.subresources.scale.statusReplicasPath: Required value',
  ],
  [
    'a column of no type',
    version({ additionalPrinterColumns: [{ name: '', type: 'word', format: 'x', jsonPath: '' }] }),
    'spec.additionalPrinterColumns[0].name: Required value',
    'spec.additionalPrinterColumns[0].type: Invalid value: "word": must be one of boolean,date,integer,number,string',
    'spec.additionalPrinterColumns[0].format: Invalid value: "x": must be one of byte,date,date-time,double,float,int32,int64,password',
    'spec.additionalPrinterColumns[0].JSONPath: Required value',
  ],
  [
    'a column of a bad path',
    version({ additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: 'spec.a' }] }),
    'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
  ],
  [
    'fields to select by',
    version({ selectableFields: [{ jsonPath: '.spec.b' }, { jsonPath: 'x' }, { jsonPath: '.metadata.name' }, { jsonPath: '.spec' }] }),
    'spec.selectableFields[0].jsonPath: Invalid value: ".spec.b": is an invalid path: does not refer to a valid field',
    'spec.selectableFields[1].jsonPath: Invalid value: "x": is an invalid path: expected [ or . but got: x',
    'spec.selectableFields[2].jsonPath: Invalid value: ".metadata.name": is an invalid path: does not refer to a valid field',
    'spec.selectableFields[3].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
  ],
  [
    'the same field twice',
    version({ selectableFields: [{ jsonPath: '.spec.a' }, { jsonPath: '.spec.a' }] }),
    'spec.selectableFields[1].jsonPath: Duplicate value: ".spec.a"',
  ],
  [
    'a root that is no object',
    version({ schema: { openAPIV3Schema: { type: 'string' } } }),
    'spec.validation.openAPIV3Schema.type: Invalid value: "string": must be object at the root',
  ],
  [
    'a root that may be null',
    schemaOf({}, { nullable: true }),
    'spec.validation.openAPIV3Schema.nullable: Forbidden: nullable cannot be true at the root',
  ],
  [
    'a property without type',
    schemaOf({ a: {} }),
    'spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
  ],
  [
    'a type that is none',
    schemaOf({ a: { type: 'word' } }),
    'spec.validation.openAPIV3Schema.properties[a].type: Unsupported value: "word": supported values: "array", "boolean", "integer", "number", "object", "string"',
  ],
  [
    'an array without items',
    schemaOf({ a: { type: 'array' } }),
    'spec.validation.openAPIV3Schema.properties[a].items: Required value: must be specified',
  ],
  [
    'items for each place',
    schemaOf({ a: { type: 'array', items: [{ type: 'string' }] } }),
    'spec.validation.openAPIV3Schema.properties[a].items: Forbidden: items must be a schema object and not an array',
  ],
  [
    'unique items',
    schemaOf({ a: { type: 'array', items: { type: 'string' }, uniqueItems: true } }),
    'spec.validation.openAPIV3Schema.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
  ],
  [
    'properties and others',
    schemaOf({ a: { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } } }),
    'spec.validation.openAPIV3Schema.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
  ],
  ['no additional properties', schemaOf({ a: { type: 'object', additionalProperties: false } })],
  [
    'words of JSON schema that are not taken',
    schemaOf({
      a: {
        type: 'object',
        definitions: { x: { type: 'string' } },
        dependencies: { x: ['y'] },
        patternProperties: { x: { type: 'string' } },
        id: 'x',
        $ref: 'x',
        additionalItems: true,
      },
    }),
    'spec.validation.openAPIV3Schema.properties[a].id: Forbidden: id is not supported',
    'spec.validation.openAPIV3Schema.properties[a].additionalItems: Forbidden: additionalItems is not supported',
    'spec.validation.openAPIV3Schema.properties[a].patternProperties: Forbidden: patternProperties is not supported',
    'spec.validation.openAPIV3Schema.properties[a].definitions: Forbidden: definitions is not supported',
    'spec.validation.openAPIV3Schema.properties[a].dependencies: Forbidden: dependencies is not supported',
    'spec.validation.openAPIV3Schema.properties[a].$ref: Forbidden: $ref is not supported',
  ],
  [
    'a choice of types',
    schemaOf({ a: { anyOf: [{ type: 'string' }, { type: 'integer' }] } }),
    'spec.validation.openAPIV3Schema.properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
    'spec.validation.openAPIV3Schema.properties[a].anyOf[1].type: Forbidden: must be empty to be structural',
    'spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
  ],
  [
    'a choice about what is not there',
    schemaOf({ a: { type: 'object', oneOf: [{ required: ['x'], properties: { x: { minimum: 1 } } }] } }),
  ],
  [
    'a default in a choice',
    schemaOf({ a: { type: 'object', properties: { x: { type: 'string' } }, allOf: [{ properties: { x: { default: 'y' } } }] } }),
    'spec.validation.openAPIV3Schema.properties[a].allOf[0].properties[x].default: Forbidden: must be undefined to be structural',
  ],
  [
    'a pattern that is none',
    schemaOf({ a: { type: 'string', pattern: '(' } }),
    'spec.validation.openAPIV3Schema.properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
  ],
  [
    'a default of another type',
    schemaOf({ a: { type: 'integer', default: 'x' } }),
    'spec.validation.openAPIV3Schema.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"',
  ],
  [
    'a default with unknown fields',
    schemaOf({ a: { type: 'object', properties: {}, default: { x: 1 } } }),
    'spec.validation.openAPIV3Schema.properties[a].default: Invalid value: {"x":1}: must not have unknown fields',
  ],
  [
    'a default that is no choice',
    schemaOf({ a: { type: 'string', enum: ['x'], default: 'y' } }),
    'spec.validation.openAPIV3Schema.properties[a].default: Unsupported value: "y": supported values: "x"',
  ],
  [
    'a default inside metadata',
    schemaOf({ metadata: { type: 'object', properties: { name: { type: 'string', default: 'x' } } } }),
    'spec.validation.openAPIV3Schema.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata',
  ],
  [
    'metadata that says more',
    schemaOf({ metadata: { type: 'object', properties: { name: { type: 'string', pattern: 'a+' }, labels: { type: 'object' } } } }),
    'spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
  ],
  [
    'an embedded resource',
    schemaOf({ a: { type: 'object', 'x-kubernetes-embedded-resource': true } }),
    'spec.validation.openAPIV3Schema.properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
  ],
  [
    'an embedded string',
    schemaOf({ a: { type: 'string', 'x-kubernetes-embedded-resource': true } }),
    'spec.validation.openAPIV3Schema.properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    'spec.validation.openAPIV3Schema.properties[a].type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true',
  ],
  ['a number or a text of a type', schemaOf({ a: { type: 'string', 'x-kubernetes-int-or-string': true } })],
  [
    'unknown fields pruned on purpose',
    schemaOf({ a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': false } }),
    'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined',
  ],
  [
    'a list of no kind',
    schemaOf({ a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' } }),
    'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"',
  ],
  [
    'a set of objects',
    schemaOf({ a: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' } }),
    'spec.validation.openAPIV3Schema.properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
  ],
  [
    'a map without keys',
    schemaOf({ a: { type: 'array', items: { type: 'object', properties: { k: { type: 'string' } } }, 'x-kubernetes-list-type': 'map' } }),
    'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
  ],
  [
    'a map by what may be missing',
    schemaOf({
      a: {
        type: 'array',
        items: { type: 'object', properties: { k: { type: 'string' } } },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      },
    }),
    'spec.validation.openAPIV3Schema.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
  ],
  [
    'a map by what is not there',
    schemaOf({
      a: {
        type: 'array',
        items: { type: 'object', properties: { k: { type: 'string' } } },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['z'],
      },
    }),
    'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-list-map-keys: Invalid value: ["z"]: entries must all be names of item properties',
  ],
  [
    'keys without a map',
    schemaOf({ a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-map-keys': ['k'] } }),
    'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty',
  ],
  [
    'a map type of a list',
    schemaOf({ a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' } }),
    'spec.validation.openAPIV3Schema.properties[a].type: Invalid value: "array": must be object if x-kubernetes-map-type is specified',
  ],
  [
    'a group of Kubernetes',
    { metadata: { name: 'widgets.x.k8s.io' }, spec: { group: 'x.k8s.io' } },
    'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
  ],
]);
