// Every control loop.

import type { Controller } from '../api/controller.ts';

import { deployment } from './deployment/index.ts';
import { replicaSet } from './replicaset.ts';
import { replicationController } from './replicationcontroller.ts';

export const controllers: readonly Controller[] = [deployment, replicaSet, replicationController];
