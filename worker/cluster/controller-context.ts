// What a controller is given: the API as it would call it, its own state, and somewhere to tell what it did.

import type { Authority } from '../api/authority.ts';
import type { Controller, ControllerContext } from '../api/controller.ts';
import type { Registry } from '../api/registry.ts';
import type { UserInfo } from '../api/resource.ts';
import { serviceUnavailable, StatusError } from '../api/status.ts';
import type { ControlPlane } from '../agents/control-plane.ts';
import type { Host } from '../lib/host.ts';
import type { Meters } from '../lib/metrics.ts';
import type { PrivateState } from '../store/store.ts';
import type { RemoteApis } from './aggregation.ts';
import { callAs, makeClusterApi } from './cluster-api.ts';
import { withWrites } from './component-writes.ts';
import type { ComponentWrite } from './component-writes.ts';
import { recordEvent } from './events.ts';
import { identityOf } from './identities.ts';
import type { Loop } from './loop.ts';
import type { ComponentCalls } from './webhook-calls.ts';

export interface ContextParts {
  readonly host: Host;
  readonly registry: Registry;
  readonly state: PrivateState;
  readonly authority: Authority;
  readonly calls: ComponentCalls;
  readonly controlPlane: ControlPlane;
  readonly remotes: RemoteApis;
  /** Of Kubernetes, as components say it in their user agents. */
  readonly gitVersion: string;
  /** Does a write that the API server takes. */
  write<R>(user: UserInfo, userAgent: string, write: ComponentWrite, work: () => R): R;
  loop(): Loop;
  metersOf(component: string): Meters;
}

export function contextOf(controller: Controller, parts: ContextParts): ControllerContext {
  const { host, registry, state, authority, calls, controlPlane, remotes, gitVersion, loop } = parts;
  const { user, userAgent, reporter } = identityOf(controller, gitVersion);
  const call = callAs(user, userAgent, { external: calls, fieldManager: controller.fieldManager ?? '' });
  const isApiUp = (): boolean => controlPlane.api === 'up';
  const own = calls.repeating(makeClusterApi(registry, call), host.random);
  // Without an API server, what it knew can be read, and nothing can be written.
  const guarded = <R>(write: ComponentWrite, work: () => R): R => {
    if (!isApiUp()) throw serviceUnavailable('connection refused');
    return parts.write(user, userAgent, write, work);
  };
  const api = controller.component === 'world' ? own : withWrites(own, guarded);
  const scope = `controller/${controller.name}`;
  return {
    ...host,
    api,
    config: registry.config,
    access: registry.access,
    state: {
      get: (key) => state.get(scope, key),
      set: (key, value) => state.set(scope, key, value),
      delete: (key) => state.delete(scope, key),
      entries: () => state.entries(scope),
    },
    enqueue: (key, requeue) => loop().enqueue(controller.name, key, requeue),
    authority,
    external: calls,
    meters: parts.metersOf(controller.component),
    remoteKinds: () => remotes.kinds(),
    isApiUp,
    flag: (name) => controlPlane.flags(controller.component)?.[name],
    event: (object, type, reason, message, details = {}) => {
      if (!isApiUp()) return;
      controlPlane.logEvent(controller, object, type, reason, message);
      const from = { ...reporter, ...(details.source && { name: details.source }), ...(details.host && { host: details.host }) };
      try {
        recordEvent(api, host, from, { object, type, reason, message, details });
      } catch (error) {
        // In a namespace that goes, with a quota that is full: what happened goes on, told or not.
        if (!(error instanceof StatusError)) throw error;
        controlPlane.log(controller, 'E', `"Server rejected event (will not retry!)" err="${error.message}"`);
      }
    },
    log: (level, message) => controlPlane.log(controller, level, message),
  };
}
