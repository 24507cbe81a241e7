import { defineResource } from '../../api/resource.ts';
import type { ServiceAccount } from '../../api/gen/core-v1.ts';
import { tokenSubresource } from './serviceaccount-token.ts';
import { builtinType } from '../schema/index.ts';

export const serviceAccounts = defineResource<ServiceAccount>({
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
  shortNames: ['sa'],
  schema: builtinType('core.v1.ServiceAccount'),
  subresources: { token: tokenSubresource },
});
