// Making something in a namespace that may be on its way out.

import type { ClusterApi } from '../api/controller.ts';
import type { Draft, KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { isNamespaceTerminating } from './pod-control.ts';

/** Undefined if it is there already, or nothing can be made there any more. */
export function createInNamespace<T extends KubeObject>(api: ClusterApi, resource: Resource<T>, draft: Draft<T>): T | undefined {
  try {
    return api.create(resource, draft);
  } catch (error) {
    if (isAlreadyExists(error) || isNotFound(error) || isNamespaceTerminating(error)) return undefined;
    throw error;
  }
}
