// What the API server does itself, on the way of a request: upstream writes it through a client of its own.

import { unheard } from '../api/registry.ts';
import type { Call } from '../api/registry.ts';

export const SELF: Call = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  userAgent: '',
  dryRun: false,
  fieldManager: 'kube-apiserver',
  fieldValidation: 'Ignore',
  external: {
    call: () => {
      throw new Error('the server asks nobody of itself');
    },
  },
  warn: unheard,
  annotate: () => {},
};
