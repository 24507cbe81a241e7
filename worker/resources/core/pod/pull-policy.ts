// When an image is pulled: of containers and of image volumes.

import type { FieldError } from '../../../api/field-error.ts';
import { oneOf } from '../../validation/one-of.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export const validatePullPolicy = (policy: string | undefined, path: string): FieldError[] => oneOf(policy, PULL_POLICIES, path);
