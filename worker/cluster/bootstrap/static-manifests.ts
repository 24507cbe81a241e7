// The manifests of the control plane, as kubeadm writes them. Mirrors cmd/kubeadm/app/phases/{controlplane,etcd} and util/staticpod.

export interface ControlPlaneFacts {
  readonly node: string;
  readonly ip: string;
  /** `v1.36.1` */
  readonly version: string;
  readonly serviceCidr: string;
  readonly podCidr: string;
}

export const IMAGES = {
  etcd: 'registry.k8s.io/etcd:3.6.8-0',
  coredns: 'registry.k8s.io/coredns/coredns:v1.14.2',
} as const;

const PKI = '/etc/kubernetes/pki';

type Probe = readonly [path: string, port: string];

interface Component {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly annotation?: readonly [string, string];
  readonly host: string;
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly port: number;
  readonly liveness: Probe;
  readonly readiness?: Probe;
  readonly startup: Probe;
  readonly cpu: string;
  readonly memory?: string;
  /** Name, path, whether it is a file. */
  readonly mounts: readonly (readonly [name: string, path: string, type: 'DirectoryOrCreate' | 'FileOrCreate', writable?: boolean])[];
}

/** File name → text. */
export function staticManifests({ node, ip, version, serviceCidr, podCidr }: ControlPlaneFacts): Record<string, string> {
  const certificates = [
    ['ca-certs', '/etc/ssl/certs', 'DirectoryOrCreate'],
    ['etc-ca-certificates', '/etc/ca-certificates', 'DirectoryOrCreate'],
  ] as const;
  const moreCertificates = [
    ['usr-local-share-ca-certificates', '/usr/local/share/ca-certificates', 'DirectoryOrCreate'],
    ['usr-share-ca-certificates', '/usr/share/ca-certificates', 'DirectoryOrCreate'],
  ] as const;
  const kubeconfig = (name: string): readonly [string, string, 'FileOrCreate'] => [
    'kubeconfig',
    `/etc/kubernetes/${name}.conf`,
    'FileOrCreate',
  ];
  return {
    'etcd.yaml': manifest({
      name: 'etcd',
      image: IMAGES.etcd,
      annotation: ['kubeadm.kubernetes.io/etcd.advertise-client-urls', `https://${ip}:2379`],
      command: [
        'etcd',
        `--advertise-client-urls=https://${ip}:2379`,
        `--cert-file=${PKI}/etcd/server.crt`,
        '--client-cert-auth=true',
        '--data-dir=/var/lib/etcd',
        '--feature-gates=InitialCorruptCheck=true',
        `--initial-advertise-peer-urls=https://${ip}:2380`,
        `--initial-cluster=${node}=https://${ip}:2380`,
        `--key-file=${PKI}/etcd/server.key`,
        `--listen-client-urls=https://127.0.0.1:2379,https://${ip}:2379`,
        '--listen-metrics-urls=http://127.0.0.1:2381',
        `--listen-peer-urls=https://${ip}:2380`,
        `--name=${node}`,
        `--peer-cert-file=${PKI}/etcd/peer.crt`,
        '--peer-client-cert-auth=true',
        `--peer-key-file=${PKI}/etcd/peer.key`,
        `--peer-trusted-ca-file=${PKI}/etcd/ca.crt`,
        '--snapshot-count=10000',
        `--trusted-ca-file=${PKI}/etcd/ca.crt`,
        '--watch-progress-notify-interval=5s',
      ],
      host: '127.0.0.1',
      scheme: 'HTTP',
      port: 2381,
      liveness: ['/livez', 'probe-port'],
      readiness: ['/readyz', 'probe-port'],
      startup: ['/readyz', 'probe-port'],
      cpu: '100m',
      memory: '100Mi',
      mounts: [
        ['etcd-data', '/var/lib/etcd', 'DirectoryOrCreate', true],
        ['etcd-certs', `${PKI}/etcd`, 'DirectoryOrCreate', true],
      ],
    }),
    'kube-apiserver.yaml': manifest({
      name: 'kube-apiserver',
      image: `registry.k8s.io/kube-apiserver:${version}`,
      annotation: ['kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint', `${ip}:6443`],
      command: [
        'kube-apiserver',
        `--advertise-address=${ip}`,
        '--allow-privileged=true',
        '--authorization-mode=Node,RBAC',
        `--client-ca-file=${PKI}/ca.crt`,
        '--enable-admission-plugins=NodeRestriction',
        '--enable-bootstrap-token-auth=true',
        `--etcd-cafile=${PKI}/etcd/ca.crt`,
        `--etcd-certfile=${PKI}/apiserver-etcd-client.crt`,
        `--etcd-keyfile=${PKI}/apiserver-etcd-client.key`,
        '--etcd-servers=https://127.0.0.1:2379',
        `--kubelet-client-certificate=${PKI}/apiserver-kubelet-client.crt`,
        `--kubelet-client-key=${PKI}/apiserver-kubelet-client.key`,
        '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
        `--proxy-client-cert-file=${PKI}/front-proxy-client.crt`,
        `--proxy-client-key-file=${PKI}/front-proxy-client.key`,
        '--requestheader-allowed-names=front-proxy-client',
        `--requestheader-client-ca-file=${PKI}/front-proxy-ca.crt`,
        '--requestheader-extra-headers-prefix=X-Remote-Extra-',
        '--requestheader-group-headers=X-Remote-Group',
        '--requestheader-username-headers=X-Remote-User',
        '--secure-port=6443',
        '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
        `--service-account-key-file=${PKI}/sa.pub`,
        `--service-account-signing-key-file=${PKI}/sa.key`,
        `--service-cluster-ip-range=${serviceCidr}`,
        `--tls-cert-file=${PKI}/apiserver.crt`,
        `--tls-private-key-file=${PKI}/apiserver.key`,
      ],
      host: ip,
      scheme: 'HTTPS',
      port: 6443,
      liveness: ['/livez', 'probe-port'],
      readiness: ['/readyz', 'probe-port'],
      startup: ['/livez', 'probe-port'],
      cpu: '250m',
      mounts: [...certificates, ['k8s-certs', PKI, 'DirectoryOrCreate'], ...moreCertificates],
    }),
    'kube-controller-manager.yaml': manifest({
      name: 'kube-controller-manager',
      image: `registry.k8s.io/kube-controller-manager:${version}`,
      command: [
        'kube-controller-manager',
        '--allocate-node-cidrs=true',
        '--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf',
        '--authorization-kubeconfig=/etc/kubernetes/controller-manager.conf',
        '--bind-address=127.0.0.1',
        `--client-ca-file=${PKI}/ca.crt`,
        `--cluster-cidr=${podCidr}`,
        '--cluster-name=kubernetes',
        `--cluster-signing-cert-file=${PKI}/ca.crt`,
        `--cluster-signing-key-file=${PKI}/ca.key`,
        '--controllers=*,bootstrapsigner,tokencleaner',
        '--kubeconfig=/etc/kubernetes/controller-manager.conf',
        '--leader-elect=true',
        `--requestheader-client-ca-file=${PKI}/front-proxy-ca.crt`,
        `--root-ca-file=${PKI}/ca.crt`,
        `--service-account-private-key-file=${PKI}/sa.key`,
        `--service-cluster-ip-range=${serviceCidr}`,
        '--use-service-account-credentials=true',
      ],
      host: '127.0.0.1',
      scheme: 'HTTPS',
      port: 10257,
      liveness: ['/healthz', 'probe-port'],
      startup: ['/healthz', 'probe-port'],
      cpu: '200m',
      mounts: [
        ...certificates,
        ['flexvolume-dir', '/usr/libexec/kubernetes/kubelet-plugins/volume/exec', 'DirectoryOrCreate', true],
        ['k8s-certs', PKI, 'DirectoryOrCreate'],
        kubeconfig('controller-manager'),
        ...moreCertificates,
      ],
    }),
    'kube-scheduler.yaml': manifest({
      name: 'kube-scheduler',
      image: `registry.k8s.io/kube-scheduler:${version}`,
      command: [
        'kube-scheduler',
        '--authentication-kubeconfig=/etc/kubernetes/scheduler.conf',
        '--authorization-kubeconfig=/etc/kubernetes/scheduler.conf',
        '--bind-address=127.0.0.1',
        '--kubeconfig=/etc/kubernetes/scheduler.conf',
        '--leader-elect=true',
      ],
      host: '127.0.0.1',
      scheme: 'HTTPS',
      port: 10259,
      liveness: ['/livez', 'probe-port'],
      readiness: ['/readyz', 'probe-port'],
      startup: ['/livez', 'probe-port'],
      cpu: '100m',
      mounts: [kubeconfig('scheduler')],
    }),
  };
}

/** Keys in the order of their letters, as a YAML of a Go object has them. */
function manifest(one: Component): string {
  const probe = ([path, port]: Probe, threshold: number, delay: number, period: number): string =>
    `      failureThreshold: ${threshold}
      httpGet:
        host: ${one.host}
        path: ${path}
        port: ${port}
        scheme: ${one.scheme}
${delay ? `      initialDelaySeconds: ${delay}\n` : ''}      periodSeconds: ${period}
      timeoutSeconds: 15
`;
  return `apiVersion: v1
kind: Pod
metadata:
${one.annotation ? `  annotations:\n    ${one.annotation[0]}: ${one.annotation[1]}\n` : ''}  labels:
    component: ${one.name}
    tier: control-plane
  name: ${one.name}
  namespace: kube-system
spec:
  containers:
  - command:
${one.command.map((word) => `    - ${word}\n`).join('')}    image: ${one.image}
    imagePullPolicy: IfNotPresent
    livenessProbe:
${probe(one.liveness, 8, 10, 10)}    name: ${one.name}
    ports:
    - containerPort: ${one.port}
      name: probe-port
      protocol: TCP
${one.readiness ? `    readinessProbe:\n${probe(one.readiness, 3, 0, 1)}` : ''}    resources:
      requests:
        cpu: ${one.cpu}
${one.memory ? `        memory: ${one.memory}\n` : ''}    startupProbe:
${probe(one.startup, 24, 10, 10)}    volumeMounts:
${one.mounts.map(([name, path, , writable]) => `    - mountPath: ${path}\n      name: ${name}\n${writable ? '' : '      readOnly: true\n'}`).join('')}  hostNetwork: true
  priority: 2000001000
  priorityClassName: system-node-critical
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  volumes:
${one.mounts.map(([name, path, type]) => `  - hostPath:\n      path: ${path}\n      type: ${type}\n    name: ${name}\n`).join('')}status: {}
`;
}
