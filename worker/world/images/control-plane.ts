// The images of kube-system: the components of Kubernetes, etcd, CoreDNS, the agent of the pods' network.

import { baseFiles } from '../files/base.ts';
import { extraTools } from './tools.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

interface Component {
  readonly repository: string;
  readonly program: string;
  readonly path: string;
  readonly size: number;
  readonly tags: RegExp;
  readonly user?: string;
  /** The variable in which the image tells its version. */
  readonly versionVariable?: string;
  readonly hasEntrypoint?: boolean;
  /** Tools beside it. */
  readonly tools?: readonly string[];
}

const RELEASE = /^v1\.(3[4-7])\.\d{1,2}$/;
const kubernetes = (name: string, size: number): Component => ({
  repository: `registry.k8s.io/${name}`,
  program: name,
  path: `/usr/local/bin/${name}`,
  size,
  tags: RELEASE,
  versionVariable: 'KUBE_VERSION',
});

export const POD_NETWORK_IMAGE = 'docker.io/kubarium/pod-network:v1.4.0';

const COMPONENTS: readonly Component[] = [
  kubernetes('kube-apiserver', 27_600_000),
  kubernetes('kube-controller-manager', 23_100_000),
  kubernetes('kube-scheduler', 17_400_000),
  { ...kubernetes('kube-proxy', 25_800_000), tools: ['conntrack', 'iptables', 'iptables-save', 'ipvsadm'] },
  {
    repository: 'registry.k8s.io/etcd',
    program: 'etcd',
    path: '/usr/local/bin/etcd',
    size: 23_600_000,
    tags: /^3\.[56]\.\d{1,2}-\d$/,
    versionVariable: 'ETCD_VERSION',
  },
  {
    repository: 'registry.k8s.io/coredns/coredns',
    program: 'coredns',
    path: '/coredns',
    size: 23_550_000,
    tags: /^v1\.1[0-4]\.\d$/,
    user: '65532:65532',
    hasEntrypoint: true,
  },
  {
    repository: 'docker.io/kubarium/pod-network',
    program: 'pod-network',
    path: '/bin/pod-network',
    size: 44_200_000,
    tags: /^(latest|v1\.[0-4]\.\d)$/,
    hasEntrypoint: true,
  },
];

export const controlPlaneFamilies: readonly ImageFamily[] = COMPONENTS.map((one) => {
  const known = new Map<string, Image>();
  return {
    repositories: [one.repository],
    find: (tag) => {
      if (!one.tags.test(tag)) return undefined;
      let image = known.get(tag);
      if (!image) known.set(tag, (image = imageOf(one, tag)));
      return image;
    },
  };
});

const imageOf = ({ program, path, size, user, versionVariable, hasEntrypoint, tools = [] }: Component, tag: string): Image => ({
  ...(hasEntrypoint ? { entrypoint: [path] } : { cmd: [path] }),
  env: {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...(versionVariable && { [versionVariable]: tag }),
  },
  ...(user && { user }),
  size,
  files: lazily(() => baseFiles({ [path]: { program, size }, ...extraTools('/usr/sbin', tools) })),
});
