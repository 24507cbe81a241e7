// Mutating admission, and a look at what it did to managedFields. Mirrors apiserver pkg/endpoints/handlers/fieldmanager/admission.go.

import type { AdmissionContext, AdmissionRequest } from '../api/admission.ts';
import type { KubeObject } from '../api/object.ts';
import type { Call } from '../api/registry.ts';
import type { Core } from './core.ts';
import { decodeManagers } from './managed-fields/managers.ts';
import { FieldsError } from './managed-fields/path-element.ts';

/** Lets the plugins change the object; managedFields that cannot be read afterwards are put back. */
export function admit(core: Core, request: AdmissionRequest, object: KubeObject, context: AdmissionContext, call: Call): void {
  const before = object.metadata.managedFields;
  core.admission.admit(request, context);
  const after = object.metadata.managedFields;
  if (after === before) return;
  try {
    decodeManagers(after);
  } catch (error) {
    if (!(error instanceof FieldsError)) throw error;
    if (before) object.metadata.managedFields = before;
    else delete object.metadata.managedFields;
    call.warn(
      `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${error.message}`,
    );
  }
}
