// Starts the local server once for all tests with the real kubectl.

import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { startLocalServer } from '../local-server.ts';

export interface Kubectl {
  readonly path: string;
  /** `1.32` */
  readonly version: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where sandboxes are made. */
    server: string;
    kubectl: Kubectl | undefined;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const kubectl = findKubectl();
  project.provide('kubectl', kubectl);
  project.provide('server', '');
  if (!kubectl) {
    const reason = 'there is no kubectl on this machine: https://kubernetes.io/docs/tasks/tools says where to get it';
    if (process.env['CI']) throw new Error(reason);
    process.stdout.write(`The tests with kubectl are left out: ${reason}\n`);
    return undefined;
  }
  const server = await startLocalServer();
  project.provide('server', server.url);
  return async () => void (await server.stop());
}

/** The one that KUBECTL names, or the first in the path. */
function findKubectl(): Kubectl | undefined {
  const path = process.env['KUBECTL'] ?? 'kubectl';
  const { status, stdout } = spawnSync(path, ['version', '--client'], { encoding: 'utf8' });
  const version = /Client Version: v(1\.\d+)/.exec(status === 0 ? stdout : '')?.[1];
  return version === undefined ? undefined : { path, version };
}
