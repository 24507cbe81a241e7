// DefaultBinder: tells the API server which node a pod goes to.

import { StatusError } from '../../api/status.ts';
import { pods } from '../../resources/core/pod.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import { failure } from '../status.ts';

const NAME = 'DefaultBinder';

export const makeDefaultBinder = ({ api }: Handle): Plugin =>
  definePlugin({
    name: NAME,
    bind({ metadata: { namespace = '', name, uid } }, node) {
      const binding = { kind: 'Binding', apiVersion: 'v1', metadata: { namespace, name, uid }, target: { kind: 'Node', name: node } };
      try {
        api.act(pods, 'binding', namespace, name, binding);
        return undefined;
      } catch (error) {
        if (error instanceof StatusError) return failure(NAME, error.message);
        throw error;
      }
    },
  });
