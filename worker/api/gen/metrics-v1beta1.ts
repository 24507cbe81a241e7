// Made by scripts/generate-types.ts from worker/resources/schema. Do not edit.

import type { KubeObject } from '../object.ts';

export interface NodeMetrics extends KubeObject {
  timestamp: string | null;
  window: string;
  usage: Record<string, string>;
}

export interface PodMetrics extends KubeObject {
  timestamp: string | null;
  window: string;
  containers: ContainerMetrics[];
}

export interface ContainerMetrics {
  name: string;
  usage: Record<string, string>;
}
