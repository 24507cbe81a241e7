// An Ingress without a class gets the default one, if there is one. Mirrors kubernetes plugin/pkg/admission/network/defaultingressclass.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Ingress } from '../api/gen/networking-v1.ts';
import { CLASS_ANNOTATION } from '../resources/networking/ingress-validation.ts';
import { ingressClasses, isDefaultIngressClass } from '../resources/networking/ingressclass.ts';
import { newest } from './default-class.ts';
import { only } from './refusal.ts';

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  operations: ['CREATE'],
  handles: only('ingresses.networking.k8s.io'),
  admit({ operation, subresource, object }, { reader }) {
    if (operation !== 'CREATE' || subresource) return;
    const { metadata, spec } = object as Ingress;
    if (spec.ingressClassName !== undefined || metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const found = newest(reader.list(ingressClasses).filter(isDefaultIngressClass));
    if (found) spec.ingressClassName = found.metadata.name;
  },
};
