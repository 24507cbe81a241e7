// Every control loop.

import type { Controller } from '../api/controller.ts';

export const controllers: readonly Controller[] = [];
