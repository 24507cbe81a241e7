// ImageLocality: prefers nodes that have the pod's images already, large ones above all; but not so that all pods of an image go to the one node that has it.

import type { Pod } from '../../api/gen/core-v1.ts';
import { definePlugin, MAX_NODE_SCORE } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';

const MB = 1024 * 1024;
const MIN_BYTES = 23 * MB;
const MAX_BYTES_PER_CONTAINER = 1000 * MB;

interface Wanted {
  readonly images: readonly string[];
  readonly containers: number;
}

export const makeImageLocality = ({ cache }: Handle): Plugin =>
  definePlugin<undefined, undefined>({
    name: 'ImageLocality',
    signPod({ pod }) {
      const { images, containers } = wantedBy(pod);
      return `${cache.imagesVersion} ${containers} ${images.join(' ')}`;
    },
    score(_state, node, { pod }) {
      if (node.images.size === 0) return 0;
      const { images, containers } = wantedBy(pod);
      let bytes = 0;
      for (const image of images) {
        const size = node.images.get(image);
        if (size !== undefined) bytes += Math.trunc(size * (cache.nodesWithImage(image) / cache.nodes.length));
      }
      const max = MAX_BYTES_PER_CONTAINER * containers;
      return Math.trunc((MAX_NODE_SCORE * (Math.min(Math.max(bytes, MIN_BYTES), max) - MIN_BYTES)) / (max - MIN_BYTES));
    },
  });

/** All nodes are scored for one pod before it is another's turn. */
let last: { readonly spec: Pod['spec']; readonly wanted: Wanted } | undefined;

function wantedBy({ spec }: Pod): Wanted {
  if (last?.spec !== spec) last = { spec, wanted: collectImages(spec) };
  return last.wanted;
}

function collectImages({ initContainers = [], containers, volumes = [] }: Pod['spec']): Wanted {
  const all = [...initContainers, ...containers];
  const images = [...all.map(({ image = '' }) => image), ...volumes.flatMap(({ image }) => (image ? [image.reference ?? ''] : []))];
  return { images: images.map(withTag), containers: all.length };
}

/** As nodes report it: with `:latest` where no tag is given. */
const withTag = (image: string): string => (image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image);
