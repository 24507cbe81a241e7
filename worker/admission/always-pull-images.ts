// Every image is pulled anew, so that who may not pull it may not use it either. Mirrors kubernetes plugin/pkg/admission/alwayspullimages.

import type { AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import { fieldErrorMessage, notSupported } from '../api/field-error.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import { unknownError } from '../api/status.ts';
import { visitContainers } from '../resources/core/pod/containers-of.ts';
import { aggregate, only, refusal } from './refusal.ts';

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods'),
  admit(request) {
    if (!hasNewImages(request)) return;
    visitContainers((request.object as Pod).spec, '', (container) => void (container.imagePullPolicy = 'Always'));
  },
  validate(request) {
    if (!hasNewImages(request)) return;
    const problems: string[] = [];
    visitContainers((request.object as Pod).spec, 'spec', ({ imagePullPolicy }, at) => {
      if (imagePullPolicy !== 'Always')
        problems.push(
          refusal(request, fieldErrorMessage(notSupported(`${at()}.imagePullPolicy`, imagePullPolicy ?? '', ['Always']))).message,
        );
    });
    // Upstream puts refusals together into something that is none.
    if (problems.length) throw unknownError(aggregate(problems));
  },
};

/** An update that brings no image leaves policies as they are: they cannot be changed. */
function hasNewImages({ operation, subresource, object, old }: AdmissionRequest): boolean {
  if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
  const known = new Set(old && imagesOf(old as Pod));
  return operation === 'CREATE' || imagesOf(object as Pod).some((image) => !known.has(image));
}

function imagesOf({ spec }: Pod): string[] {
  const images: string[] = [];
  visitContainers(spec, '', ({ image = '' }) => void images.push(image));
  return images;
}
