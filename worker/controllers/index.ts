// Every control loop.

import type { Controller } from '../api/controller.ts';
import { apiServiceAvailability } from './apiservice/availability.ts';
import { autoregister } from './apiservice/autoregister.ts';
import { apiServiceOpenapi } from './apiservice/openapi.ts';
import { certificateApproving } from './certificates/approving.ts';
import { certificateCleaner } from './certificates/cleaner.ts';
import { certificateSigning } from './certificates/signing.ts';
import { bootstrapSigner } from './bootstrap/signer.ts';
import { tokenCleaner } from './bootstrap/token-cleaner.ts';
import { clusterRoleAggregation } from './clusterrole-aggregation.ts';
import { makeCronJobController } from './cronjob/index.ts';
import { crdApproval } from './crd/approval.ts';
import { crdFinalizer } from './crd/finalizer.ts';
import { crdNames } from './crd/names.ts';
import { makeDaemonSetController } from './daemonset/index.ts';
import { deployment } from './deployment/index.ts';
import { deviceTaintEviction } from './device-taint-eviction.ts';
import { makeDisruptionController } from './disruption.ts';
import { makeEndpointsController } from './endpoints/endpoints.ts';
import { makeEndpointSliceController } from './endpoints/endpointslice.ts';
import { makeEndpointSliceMirroringController } from './endpoints/mirroring.ts';
import { eventExpiry } from './event-expiry.ts';
import { flowControlConsumer } from './flow-control/consumer.ts';
import { flowControlProducer } from './flow-control/producer.ts';
import { garbageCollector } from './garbage-collector/index.ts';
import { jobController } from './job/index.ts';
import { legacyTokenCleaner } from './legacy-token-cleaner.ts';
import { namespaceController } from './namespace.ts';
import { nodeIpam } from './node/ipam.ts';
import { nodeLifecycle } from './node/lifecycle.ts';
import { taintEviction } from './node/taint-eviction.ts';
import { makeTtlController } from './node/ttl.ts';
import { podAutoscaler } from './podautoscaler/index.ts';
import { makePodGarbageCollector } from './pod-gc.ts';
import { replicaSet } from './replicaset.ts';
import { replicationController } from './replicationcontroller.ts';
import { resourceClaim } from './resourceclaim.ts';
import { makeResourceQuotaController } from './resourcequota.ts';
import { rootCaPublisher } from './root-ca-publisher.ts';
import { serviceAccountToken } from './service-account-token.ts';
import { serviceAddresses } from './service-cidr/addresses.ts';
import { serviceCidrController } from './service-cidr/index.ts';
import { serviceAccountController } from './serviceaccount.ts';
import { makeStatefulSetController } from './statefulset/index.ts';
import { ttlAfterFinished } from './ttl-after-finished.ts';
import { validatingAdmissionPolicyStatus } from './validatingadmissionpolicy-status.ts';
import { attachDetach } from './volumes/attach-detach.ts';
import { persistentVolumeBinder } from './volumes/binder.ts';
import { ephemeralVolumes } from './volumes/ephemeral.ts';
import { volumeExpand } from './volumes/expand.ts';
import { attributesClassProtection, claimProtection, volumeProtection } from './volumes/protection.ts';

/** Those of one cluster: some keep something in memory. */
export const makeControllers = (): Controller[] => [
  crdNames,
  crdApproval,
  crdFinalizer,
  autoregister,
  apiServiceAvailability,
  apiServiceOpenapi,
  flowControlProducer,
  flowControlConsumer,
  deployment,
  replicaSet,
  replicationController,
  makeStatefulSetController(),
  makeDaemonSetController(),
  jobController,
  makeCronJobController(),
  podAutoscaler,
  makeEndpointsController(),
  makeEndpointSliceController(),
  makeEndpointSliceMirroringController(),
  garbageCollector,
  namespaceController,
  serviceAccountController,
  serviceAccountToken,
  legacyTokenCleaner,
  bootstrapSigner,
  tokenCleaner,
  clusterRoleAggregation,
  certificateApproving,
  certificateSigning,
  certificateCleaner,
  rootCaPublisher,
  makePodGarbageCollector(),
  eventExpiry,
  serviceCidrController,
  serviceAddresses,
  ttlAfterFinished,
  validatingAdmissionPolicyStatus,
  makeDisruptionController(),
  makeResourceQuotaController(),
  resourceClaim,
  nodeIpam,
  nodeLifecycle,
  taintEviction,
  deviceTaintEviction,
  makeTtlController(),
  persistentVolumeBinder,
  ephemeralVolumes,
  attachDetach,
  volumeExpand,
  claimProtection,
  volumeProtection,
  attributesClassProtection,
];
