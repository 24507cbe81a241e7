// The agents: controllers that also act in the simulated world.

import type { Controller } from '../api/controller.ts';
import { kubelet } from './kubelet.ts';

export const agents: readonly Controller[] = [kubelet];
