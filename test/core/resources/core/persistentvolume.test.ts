import { persistentVolumes } from '../../../../worker/resources/core/persistentvolume.ts';
import { createRules, updateRules } from '../kind-rules.ts';

const on = (zone: string): object => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }] }] },
});
const volume = {
  metadata: { name: 'pv' },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    csi: { driver: 'd.example.com', volumeHandle: 'h' },
    nodeAffinity: on('a'),
  },
};
createRules(persistentVolumes, volume, [
  ['no modes', { spec: { accessModes: [] } }, 'spec.accessModes: Required value'],
  [
    'a mode of no kind, and one that goes alone',
    { spec: { accessModes: ['ReadWriteOnce', 'ReadWriteOncePod', 'X'] } },
    'spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
    'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
  ],
  [
    'no size',
    { spec: { capacity: null } },
    'spec.capacity: Required value',
    'spec.capacity: Unsupported value: core.ResourceList(nil): supported values: "storage"',
  ],
  [
    'a policy of no kind',
    { spec: { persistentVolumeReclaimPolicy: 'Keep' } },
    'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain"',
  ],
  ['no source', { spec: { csi: null } }, 'spec: Required value: must specify a volume type'],
  ['two sources', { spec: { nfs: { server: 's', path: '/' } } }, 'spec.csi: Forbidden: may not specify more than 1 volume type'],
  [
    'a disk of a node, anywhere',
    { spec: { csi: null, local: { path: '/d' }, nodeAffinity: null } },
    'spec.nodeAffinity: Required value: Local volume requires node affinity',
  ],
  [
    'a root that is recycled',
    { spec: { csi: null, hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' } },
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
  [
    'attributes of a class, without a driver',
    { spec: { csi: null, nfs: { server: 's', path: '/' }, volumeAttributesClassName: 'gold' } },
    'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
  ],
]);
updateRules(persistentVolumes, volume, [
  ['its size', { spec: { capacity: { storage: '2Gi' } } }],
  [
    'where it is',
    { spec: { nodeAffinity: on('b') } },
    'nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"topology.kubernetes.io/zone","Operator":"In","Values":["b"]}],"MatchFields":null}]}}: field is immutable, except for updating from beta label to GA',
  ],
]);
updateRules(persistentVolumes, { ...volume, spec: { ...volume.spec, nodeAffinity: undefined } }, [
  ['where it is, for the first time', { spec: { nodeAffinity: on('a') } }],
]);
