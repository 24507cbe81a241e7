// Every built-in resource, group by group in the order of discovery; within a group, the preferred version first.

import type { Resource } from '../api/resource.ts';
import { mutatingAdmissionPolicies } from './admissionregistration/mutatingadmissionpolicy.ts';
import { mutatingAdmissionPolicyBindings } from './admissionregistration/mutatingadmissionpolicybinding.ts';
import { mutatingWebhookConfigurations } from './admissionregistration/mutatingwebhookconfiguration.ts';
import { validatingAdmissionPolicies } from './admissionregistration/validatingadmissionpolicy.ts';
import { validatingAdmissionPolicyBindings } from './admissionregistration/validatingadmissionpolicybinding.ts';
import { validatingWebhookConfigurations } from './admissionregistration/validatingwebhookconfiguration.ts';
import { customResourceDefinitions } from './apiextensions/customresourcedefinition.ts';
import { apiServices } from './apiregistration/apiservice.ts';
import { controllerRevisions } from './apps/controllerrevision.ts';
import { daemonSets } from './apps/daemonset.ts';
import { deployments } from './apps/deployment.ts';
import { replicaSets } from './apps/replicaset.ts';
import { statefulSets } from './apps/statefulset.ts';
import { selfSubjectReviews } from './authentication/selfsubjectreview.ts';
import { tokenReviews } from './authentication/tokenreview.ts';
import { localSubjectAccessReviews } from './authorization/localsubjectaccessreview.ts';
import { selfSubjectAccessReviews } from './authorization/selfsubjectaccessreview.ts';
import { selfSubjectRulesReviews } from './authorization/selfsubjectrulesreview.ts';
import { subjectAccessReviews } from './authorization/subjectaccessreview.ts';
import { horizontalPodAutoscalersV1 } from './autoscaling/horizontalpodautoscaler-v1.ts';
import { horizontalPodAutoscalers } from './autoscaling/horizontalpodautoscaler.ts';
import { cronJobs } from './batch/cronjob.ts';
import { jobs } from './batch/job.ts';
import { certificateSigningRequests } from './certificates/certificatesigningrequest.ts';
import { leases } from './coordination/lease.ts';
import { bindings } from './core/binding.ts';
import { componentStatuses } from './core/componentstatus.ts';
import { configMaps } from './core/configmap.ts';
import { endpoints } from './core/endpoints.ts';
import { events } from './core/event.ts';
import { limitRanges } from './core/limitrange.ts';
import { namespaces } from './core/namespace.ts';
import { nodes } from './core/node.ts';
import { persistentVolumes } from './core/persistentvolume.ts';
import { persistentVolumeClaims } from './core/persistentvolumeclaim.ts';
import { pods } from './core/pod.ts';
import { podTemplates } from './core/podtemplate.ts';
import { replicationControllers } from './core/replicationcontroller.ts';
import { resourceQuotas } from './core/resourcequota.ts';
import { secrets } from './core/secret.ts';
import { services } from './core/service.ts';
import { serviceAccounts } from './core/serviceaccount.ts';
import { endpointSlices } from './discovery/endpointslice.ts';
import { eventsV1 } from './events/event.ts';
import { flowSchemas } from './flowcontrol/flowschema.ts';
import { priorityLevelConfigurations } from './flowcontrol/prioritylevelconfiguration.ts';
import { ingresses } from './networking/ingress.ts';
import { ingressClasses } from './networking/ingressclass.ts';
import { ipAddresses } from './networking/ipaddress.ts';
import { networkPolicies } from './networking/networkpolicy.ts';
import { serviceCIDRs } from './networking/servicecidr.ts';
import { runtimeClasses } from './node/runtimeclass.ts';
import { podDisruptionBudgets } from './policy/poddisruptionbudget.ts';
import { clusterRoles } from './rbac/clusterrole.ts';
import { clusterRoleBindings } from './rbac/clusterrolebinding.ts';
import { roles } from './rbac/role.ts';
import { roleBindings } from './rbac/rolebinding.ts';
import { deviceClasses } from './resource/deviceclass.ts';
import { resourceClaims } from './resource/resourceclaim.ts';
import { resourceClaimTemplates } from './resource/resourceclaimtemplate.ts';
import { resourceSlices } from './resource/resourceslice.ts';
import { priorityClasses } from './scheduling/priorityclass.ts';
import { csiDrivers } from './storage/csidriver.ts';
import { csiNodes } from './storage/csinode.ts';
import { csiStorageCapacities } from './storage/csistoragecapacity.ts';
import { storageClasses } from './storage/storageclass.ts';
import { volumeAttachments } from './storage/volumeattachment.ts';
import { volumeAttributesClasses } from './storage/volumeattributesclass.ts';

export const builtinResources = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  apiServices,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  eventsV1,
  selfSubjectReviews,
  tokenReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  horizontalPodAutoscalers,
  horizontalPodAutoscalersV1,
  cronJobs,
  jobs,
  certificateSigningRequests,
  ingressClasses,
  ingresses,
  networkPolicies,
  ipAddresses,
  serviceCIDRs,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  customResourceDefinitions,
  priorityClasses,
  leases,
  runtimeClasses,
  endpointSlices,
  flowSchemas,
  priorityLevelConfigurations,
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
] as unknown as readonly Resource[];
