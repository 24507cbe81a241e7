// NodeName: a pod that names its node goes there or nowhere.

import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Plugin } from '../framework.ts';
import { unresolvable } from '../status.ts';

const NAME = 'NodeName';
const REFUSED = unresolvable(NAME, "node(s) didn't match the requested node name");

export const makeNodeName = (): Plugin =>
  definePlugin({
    name: NAME,
    events: [on('Node', Action.Add)],
    signPod: ({ info }) => info.nodeName,
    filter: (_state, node, { info }) => (info.nodeName === '' || info.nodeName === node.name ? undefined : REFUSED),
  });
