// Nothing is changed at all. Mirrors kubernetes plugin/pkg/admission/deny.

import type { AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import { refusal } from './refusal.ts';

function deny(request: AdmissionRequest): never {
  throw refusal(request, 'admission control is denying all modifications');
}

export const alwaysDeny: AdmissionPlugin = { name: 'AlwaysDeny', admit: deny, validate: deny };
