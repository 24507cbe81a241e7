// What a machine was set up with, in /etc/kubernetes and /var/lib/kubelet: manifests, certificates, kubeconfigs, the kubelet's configuration. Each file is made when
// somebody first looks into it. Mirrors what kubeadm leaves behind.

import { toBase64, utf8 } from '../lib/text.ts';
import { IMAGE_TIME, layer } from '../world/files/base.ts';
import type { Layer } from '../world/files/inode.ts';
import type { Machine } from '../world/machine.ts';
import type { AuthorityName, Issued, Pki } from './authority.ts';
import { kubeletConfiguration } from './bootstrap/component-configs.ts';
import { staticManifests } from './bootstrap/static-manifests.ts';
import type { ClusterOptions } from './options.ts';
import { API_SERVER_PORT, apiServerAddress, podCidrOf, SERVICE_CIDR } from './machines.ts';
import { versionInfo } from './version.ts';

const PKI = '/etc/kubernetes/pki';
/** What etcd sets aside: the store itself is elsewhere. */
const [ETCD_DB_BYTES, ETCD_WAL_BYTES] = [20_480_000, 64_000_000];
/** Files by path: mode, and what makes the content, or how large it is where nobody reads it. */
type Files = Map<string, readonly [mode: number, make: (() => string) | number]>;

/** Undefined for machines that have their distribution's files only. */
export function makeNodeFiles(options: ClusterOptions, pki: Pki): (machine: Machine) => Layer | undefined {
  if (options.template !== 'default') return () => undefined;
  return (machine) => {
    const files: Files = new Map();
    addNodeFiles(files, options, pki, machine);
    if (machine.role === 'control-plane') addControlPlaneFiles(files, options, pki, machine);
    return lazyLayer(files);
  };
}

function lazyLayer(files: Files): Layer {
  const out = new Map(layer(Object.fromEntries([...files.keys()].map((path) => [path, '']))));
  for (const [path, [mode, make]] of files) {
    const file = { type: 'file', mode, uid: 0, gid: 0, mtime: IMAGE_TIME } as const;
    if (typeof make === 'number') {
      out.set(path, { ...file, size: make });
      continue;
    }
    let made: string | undefined;
    out.set(path, {
      ...file,
      get content() {
        return (made ??= make());
      },
    });
  }
  return out;
}

function addNodeFiles(files: Files, options: ClusterOptions, pki: Pki, machine: Machine): void {
  const { name, ip } = machine;
  const client = '/var/lib/kubelet/pki/kubelet-client-current.pem';
  const identity: Issued = { subject: { commonName: `system:node:${name}`, organizations: ['system:nodes'] }, usages: ['client auth'] };
  files.set('/etc/hostname', [0o644, () => `${name}\n`]);
  files.set(`${PKI}/ca.crt`, [0o644, () => pki.authority('ca')]);
  files.set('/etc/kubernetes/kubelet.conf', [
    0o600,
    () =>
      kubeconfig(
        pki,
        options,
        'default-auth',
        `    client-certificate: ${client}\n    client-key: ${client}\n`,
        'default-cluster',
        'default-context',
      ),
  ]);
  files.set(client, [0o600, () => pki.issued('ca', `kubelet ${name}`, identity) + pki.privateKey(`kubelet ${name}`)]);
  files.set('/var/lib/kubelet/pki/kubelet.crt', [
    0o644,
    () =>
      pki.issued('ca', `kubelet-serving ${name}`, {
        subject: { commonName: name },
        usages: ['server auth'],
        dnsNames: [name],
        addresses: [ip],
      }),
  ]);
  files.set('/var/lib/kubelet/pki/kubelet.key', [0o600, () => pki.privateKey(`kubelet-serving ${name}`)]);
  files.set('/var/lib/kubelet/config.yaml', [0o644, () => kubeletConfiguration]);
  files.set('/var/lib/kubelet/kubeadm-flags.env', [
    0o644,
    () => `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --node-ip=${ip}"\n`,
  ]);
}

function addControlPlaneFiles(files: Files, options: ClusterOptions, pki: Pki, machine: Machine): void {
  const { name, ip } = machine;
  const facts = {
    node: name,
    ip,
    version: versionInfo(options.minor).gitVersion,
    serviceCidr: SERVICE_CIDR,
    podCidr: podCidrOf(options.nodes),
  };
  for (const [file, text] of Object.entries(staticManifests(facts))) files.set(`/etc/kubernetes/manifests/${file}`, [0o600, () => text]);

  files.set('/var/lib/etcd/member/snap/db', [0o600, ETCD_DB_BYTES]);
  files.set('/var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal', [0o600, ETCD_WAL_BYTES]);
  for (const authority of ['ca', 'etcd/ca', 'front-proxy-ca'] as const) {
    files.set(`${PKI}/${authority}.crt`, [0o644, () => pki.authority(authority)]);
    files.set(`${PKI}/${authority}.key`, [0o600, () => pki.privateKey(authority)]);
  }
  for (const [path, by, issued] of certificates(name, ip)) {
    files.set(`${PKI}/${path}.crt`, [0o644, () => pki.issued(by, path, issued)]);
    files.set(`${PKI}/${path}.key`, [0o600, () => pki.privateKey(path)]);
  }
  files.set(`${PKI}/sa.key`, [0o600, () => pki.privateKey('sa')]);
  files.set(`${PKI}/sa.pub`, [0o600, () => pki.publicKey('sa')]);

  for (const [file, user, organizations] of USERS) {
    const make = (): string => {
      const certificate = pki.issued('ca', `${file}.conf`, { subject: { commonName: user, organizations }, usages: ['client auth'] });
      const data = (text: string): string => toBase64(utf8(text));
      const credentials = `    client-certificate-data: ${data(certificate)}\n    client-key-data: ${data(pki.privateKey(`${file}.conf`))}\n`;
      return kubeconfig(pki, options, user, credentials);
    };
    files.set(`/etc/kubernetes/${file}.conf`, [0o600, make]);
    if (file === 'admin') files.set('/root/.kube/config', [0o600, make]);
  }
}

const USERS: readonly (readonly [file: string, user: string, organizations: readonly string[]])[] = [
  ['admin', 'kubernetes-admin', ['kubeadm:cluster-admins']],
  ['super-admin', 'kubernetes-super-admin', ['system:masters']],
  ['controller-manager', 'system:kube-controller-manager', []],
  ['scheduler', 'system:kube-scheduler', []],
];

function certificates(name: string, ip: string): (readonly [path: string, by: AuthorityName, issued: Issued])[] {
  const peers = { dnsNames: [name, 'localhost'], addresses: [ip, '127.0.0.1', '::1'] };
  const both = ['server auth', 'client auth'];
  const client = (commonName: string, ...organizations: string[]): Issued => ({
    subject: { commonName, organizations },
    usages: ['client auth'],
  });
  return [
    [
      'apiserver',
      'ca',
      {
        subject: { commonName: 'kube-apiserver' },
        usages: ['server auth'],
        dnsNames: [name, 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'],
        addresses: ['10.96.0.1', ip, '127.0.0.1'],
      },
    ],
    ['apiserver-kubelet-client', 'ca', client('kube-apiserver-kubelet-client', 'kubeadm:cluster-admins')],
    ['apiserver-etcd-client', 'etcd/ca', client('kube-apiserver-etcd-client')],
    ['front-proxy-client', 'front-proxy-ca', client('front-proxy-client')],
    ['etcd/server', 'etcd/ca', { subject: { commonName: name }, usages: both, ...peers }],
    ['etcd/peer', 'etcd/ca', { subject: { commonName: name }, usages: both, ...peers }],
    ['etcd/healthcheck-client', 'etcd/ca', client('kube-etcd-healthcheck-client')],
  ];
}

function kubeconfig(
  pki: Pki,
  options: ClusterOptions,
  user: string,
  credentials: string,
  cluster = 'kubernetes',
  context = `${user}@kubernetes`,
): string {
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${toBase64(utf8(pki.authority('ca')))}
    server: https://${apiServerAddress(options)}:${API_SERVER_PORT}
  name: ${cluster}
contexts:
- context:
    cluster: ${cluster}
    user: ${user}
  name: ${context}
current-context: ${context}
kind: Config
preferences: {}
users:
- name: ${user}
  user:
${credentials}`;
}
