import { describe, expect, test } from 'vitest';
import { certificateSigningRequests } from '../../../worker/resources/certificates/certificatesigningrequest.ts';
import { toBase64, utf8 } from '../../../worker/lib/text.ts';
import * as samples from '../lib/x509/samples.ts';
import { cells, created, createRules, merged, updated, updateRules } from './kind-rules.ts';

const base64 = (text: string): string => toBase64(utf8(text));
const request = {
  metadata: { name: 'alice' },
  spec: { request: base64(samples.rsa), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
};

createRules(certificateSigningRequests, request, [
  ['any name', { metadata: { name: 'system:node:A' } }],
  ['no request', { spec: { request: null } }, 'spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST'],
  [
    'a certificate instead',
    { spec: { request: base64(samples.certificate) } },
    `spec.request: Invalid value: "${base64(samples.certificate)}": PEM block type must be CERTIFICATE REQUEST`,
  ],
  ['no usages', { spec: { usages: null } }, 'spec.usages: Required value'],
  ['a usage twice', { spec: { usages: ['client auth', 'client auth'] } }, 'spec.usages[1]: Duplicate value: "client auth"'],
  [
    'a usage of no kind',
    { spec: { usages: ['fun'] } },
    'spec.usages[0]: Unsupported value: "fun": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"',
  ],
  ['no signer', { spec: { signerName: '' } }, 'spec.signerName: Required value'],
  [
    'a signer without path',
    { spec: { signerName: 'me' } },
    'spec.signerName: Invalid value: "me": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
  ],
  [
    'a signer of one segment',
    { spec: { signerName: 'me/a' } },
    'spec.signerName: Invalid value: "me": should be a domain with at least two segments separated by dots',
  ],
  [
    'the legacy signer',
    { spec: { signerName: 'kubernetes.io/legacy-unknown' } },
    'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
  ],
  [
    'a short life',
    { spec: { expirationSeconds: 599 } },
    'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
  ],
]);

const approved = { type: 'Approved', status: 'True', reason: 'Ok' };
const denied = { type: 'Denied', status: 'True' };
const decided = {
  ...request,
  $status: {
    status: { conditions: [{ ...approved, lastUpdateTime: '2025-01-01T00:00:00Z', lastTransitionTime: '2025-01-01T00:00:00Z' }] },
  },
};

updateRules(
  certificateSigningRequests,
  request,
  [
    ['approved', { status: { conditions: [approved] } }],
    [
      'approved and denied',
      { status: { conditions: [approved, denied] } },
      'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ],
    ['approved twice', { status: { conditions: [approved, approved] } }, 'status.conditions[1].type: Duplicate value: "Approved"'],
    [
      'approved by half',
      { status: { conditions: [{ ...approved, status: 'False' }] } },
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    ],
    ['no status', { status: { conditions: [{ type: 'Mine' }] } }, 'status.conditions[0].status: Required value'],
    ['no type', { status: { conditions: [{ type: '', status: 'True' }] } }, 'status.conditions[0].type: Required value'],
  ],
  'approval',
);
updateRules(
  certificateSigningRequests,
  decided,
  [['taken back', { status: { conditions: [] } }, 'status.conditions: Forbidden: updates may not remove a condition of type "Approved"']],
  'approval',
);
updateRules(
  certificateSigningRequests,
  request,
  [
    ['a certificate', { status: { certificate: base64(samples.certificate) } }],
    [
      'no certificate',
      { status: { certificate: base64('x') } },
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ],
    [
      'a request instead',
      { status: { certificate: base64(samples.rsa) } },
      'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
    ],
    [
      'approved by the signer',
      { status: { conditions: [approved] } },
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ],
    ['failed', { status: { conditions: [{ type: 'Failed', status: 'True' }] } }],
  ],
  'status',
);
updateRules(
  certificateSigningRequests,
  { ...request, $status: { status: { certificate: base64(samples.certificate) } } },
  [
    [
      'another certificate',
      { status: { certificate: base64(`${samples.certificate}\n`) } },
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    ],
  ],
  'status',
);

describe('strategy', () => {
  test('the requester is who asks, not who is said to', () => {
    const spec = { ...request.spec, username: 'root', uid: '1', groups: ['x'], extra: { a: ['b'] } };
    expect(created(certificateSigningRequests, { ...request, spec })).toEqual(
      expect.objectContaining({ spec: { ...request.spec, username: 'alice', groups: ['system:authenticated'] }, status: {} }),
    );
  });
  test('an update changes neither spec nor status', () => {
    const { object, old } = updated(certificateSigningRequests, request, { spec: { usages: ['any'] }, status: { conditions: [approved] } });
    expect(object).toMatchObject({ spec: (old as never as { spec: object }).spec, status: {} });
  });
  test('an approval gets its times', () =>
    expect(updated(certificateSigningRequests, request, { status: { conditions: [approved] } }, 'approval').object).toMatchObject({
      status: { conditions: [{ ...approved, lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
    }));
  test('the signer cannot change what the approver said', () =>
    expect(
      updated(certificateSigningRequests, decided, { status: { conditions: [{ ...approved, reason: 'Mine' }] } }, 'status').object,
    ).toMatchObject({ status: { conditions: [{ reason: 'Ok' }] } }));
});

test.each([
  [{}, 'Pending'],
  [{ conditions: [approved] }, 'Approved'],
  [{ conditions: [approved, denied] }, 'Denied'],
  [{ conditions: [approved, { type: 'Failed', status: 'True' }] }, 'Approved,Failed'],
  [{ conditions: [approved], certificate: base64(samples.certificate) }, 'Approved,Issued'],
])('condition %#', (status, want) =>
  expect(
    cells(certificateSigningRequests, merged(request, { status, spec: { username: 'bob', expirationSeconds: 3600 } }) as object),
  ).toEqual({
    Name: 'alice',
    Age: '60s',
    SignerName: 'kubernetes.io/kube-apiserver-client',
    Requestor: 'bob',
    RequestedDuration: '60m',
    Condition: want,
  }),
);
