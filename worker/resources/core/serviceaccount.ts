// ServiceAccounts. Mirrors pkg/registry/core/serviceaccount.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ServiceAccount } from '../../api/gen/core-v1.ts';
import { docOf } from '../doc.ts';
import { tokenSubresource } from './serviceaccount-token.ts';
import { builtinType } from '../schema/index.ts';

const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';

export const serviceAccounts = defineResource<ServiceAccount>({
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
  shortNames: ['sa'],
  returnDeleted: true,
  schema: builtinType('core.v1.ServiceAccount'),
  prepareForCreate: keepNames,
  prepareForUpdate: keepNames,
  warnings: ({ metadata: { annotations } }, old) =>
    annotations?.[ENFORCE] !== undefined && old?.metadata.annotations?.[ENFORCE] === undefined
      ? [`metadata.annotations[${ENFORCE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`]
      : [],
  subresources: { token: tokenSubresource },
  columns: [
    NAME_COLUMN,
    column('Secrets', ({ secrets }) => secrets?.length ?? 0, { description: docOf('core.v1.ServiceAccount.secrets') }),
    AGE_COLUMN,
  ],
});

/** Of a reference to a secret only the name counts. */
function keepNames(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name ? { name } : {}));
}
