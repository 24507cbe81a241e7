// A node that no kubelet reports for, and that takes pods: what admission tainted is as it was meant.

import type { ClusterApi } from '../../worker/api/controller.ts';
import type { Node } from '../../worker/api/gen/core-v1.ts';
import type { Draft } from '../../worker/api/object.ts';
import { withTaints } from '../../worker/controllers/node/conditions.ts';
import { nodes } from '../../worker/resources/core/node.ts';

export function makeUntaintedNode(api: ClusterApi, draft: Draft<Node>): Node {
  return api.update<Node>(nodes, withTaints(api.create<Node>(nodes, draft), draft.spec?.taints ?? []));
}
