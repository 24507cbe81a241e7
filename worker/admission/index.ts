// The admission plugins, in upstream's order.

import { rbacEscalation } from './rbac-escalation.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';

const plugins: readonly AdmissionPlugin[] = [rbacEscalation];

export function makeAdmissionChain(): {
  admit(request: AdmissionRequest, context: AdmissionContext): void;
  validate(request: AdmissionRequest, context: AdmissionContext): void;
} {
  return {
    admit: (request, context) => {
      for (const plugin of plugins) plugin.admit?.(request, context);
    },
    validate: (request, context) => {
      for (const plugin of plugins) plugin.validate?.(request, context);
    },
  };
}
