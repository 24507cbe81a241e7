// The scheduler's loops.

import type { Controller } from '../api/controller.ts';

export const schedulers: readonly Controller[] = [];
