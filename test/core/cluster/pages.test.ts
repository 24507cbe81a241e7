// What components show at their own ports, to programs that reach them.

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import { fromByteString } from '../../../worker/lib/text.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { horizontalPodAutoscalers } from '../../../worker/resources/autoscaling/horizontalpodautoscaler.ts';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { clusterRoleBindings } from '../../../worker/resources/rbac/clusterrolebinding.ts';
import { clusterRoles } from '../../../worker/resources/rbac/clusterrole.ts';
import { machineFiles } from '../../../worker/world/files/machine-files.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const TOKEN = `-H "Authorization: Bearer $(cat ${TOKEN_FILE})"`;

async function pass(cluster: TestCluster, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    cluster.advance(1000);
    await cluster.settleTools();
  }
}

async function born(): Promise<TestCluster> {
  const cluster = makeTestCluster({ template: 'default', nodes: 1 });
  await pass(cluster, 5);
  cluster.api.create(clusterRoles, {
    metadata: { name: 'monitoring' },
    rules: [{ nonResourceURLs: ['/metrics', '/metrics/*', '/configz', '/statusz', '/flagz', '/nothing'], verbs: ['get'] }],
  } as never);
  cluster.api.create(clusterRoleBindings, {
    metadata: { name: 'monitoring' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'monitoring' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
  } as never);
  return cluster;
}

/** What a pod writes that runs a command on the control plane, in its network or in one of its own. */
async function say(cluster: TestCluster, command: string, hostNetwork = true): Promise<string> {
  cluster.api.create(pods, {
    metadata: { name: 'box', namespace: 'default' },
    spec: {
      hostNetwork,
      nodeName: 'control-plane',
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'main', image: 'curlimages/curl:8.18.0', command: ['sh', '-c', command], resources: {} }],
    },
  } as never);
  for (let i = 0; i < 60 && cluster.api.get(pods, 'default', 'box')?.status.phase !== 'Succeeded'; i++) await pass(cluster, 1);
  const { world } = cluster.cluster.simulation;
  const said = world.sandboxes
    .find('pod', 'default/box')
    .flatMap(({ containers }) => readLog(world, containers[0]!.id).entries.map(({ text }) => text))
    .join('\n');
  cluster.api.delete(pods, 'default', 'box', { gracePeriodSeconds: 0 });
  await pass(cluster, 3);
  return fromByteString(said);
}

const [MANAGER, SCHEDULER, PROXY] = ['https://localhost:10257', 'https://localhost:10259', 'http://localhost:10249'];
const code = (args: string): string => `curl -sk -o /dev/null -w '%{http_code}' ${args}`;

describe('who is asked', async () => {
  const cluster = await born();

  test.each([
    { name: 'the controller manager, by nobody', command: code(`${MANAGER}/metrics`), want: '403' },
    {
      name: 'and what it says then',
      command: `curl -sk ${MANAGER}/metrics | grep message`,
      want: '"message": "forbidden: User \\"system:anonymous\\" cannot get path \\"/metrics\\"",',
    },
    { name: 'with a token that is none', command: code(`-H 'Authorization: Bearer x' ${MANAGER}/metrics`), want: '401' },
    { name: 'with one that may', command: code(`${TOKEN} ${MANAGER}/metrics`), want: '200' },
    { name: 'for what one may not', command: code(`${TOKEN} ${MANAGER}/debug/pprof/`), want: '403' },
    { name: 'for what there is not', command: code(`${TOKEN} ${MANAGER}/nothing`), want: '404' },
    { name: 'its health, by anybody', command: `curl -sk ${MANAGER}/healthz`, want: 'ok' },
    {
      name: 'its checks, by anybody',
      command: `curl -sk '${MANAGER}/healthz?verbose' | grep -e leader -e ^.+.job -e check`,
      want: '[+]leaderElection ok\n[+]job-controller ok\nhealthz check passed',
    },
    { name: 'the scheduler, by nobody', command: code(`${SCHEDULER}/configz`), want: '403' },
    {
      name: 'whether it is ready',
      command: `curl -sk '${SCHEDULER}/readyz?verbose'`,
      want: '[+]leaderElection ok\n[+]shutdown ok\n[+]sched-handler-sync ok\nreadyz check passed',
    },
    { name: 'the proxy, by anybody', command: code(`${PROXY}/metrics`), want: '200' },
    { name: 'its mode', command: `curl -s ${PROXY}/proxyMode`, want: 'iptables' },
    { name: 'what it is', command: `curl -s ${PROXY}/statusz | head -2`, want: 'kube-proxy statusz' },
    { name: 'what the scheduler is, by nobody', command: code(`${SCHEDULER}/statusz`), want: '403' },
    {
      name: 'what the scheduler is',
      command: `curl -sk ${TOKEN} -H 'Accept: application/json;v=v1beta1;g=config.k8s.io;as=Statusz' ${SCHEDULER}/statusz | grep -o '/configz.*' | tr -d '", '; curl -sk ${TOKEN} ${MANAGER}/flagz | grep -c leader-elect`,
      want: '/configz\n1',
    },
    {
      name: 'its configuration',
      command: `curl -s ${PROXY}/configz | grep -o '"metricsBindAddress":"[^"]*"'`,
      want: '"metricsBindAddress":"127.0.0.1:10249"',
    },
    {
      name: 'one after the other on a connection',
      command: `curl -s -o /dev/null -o /dev/null -w '%{http_code} ' ${PROXY}/metrics ${PROXY}/proxyMode`,
      want: '200 200',
    },
    { name: 'from elsewhere', command: `curl -sk https://172.18.0.2:10257/metrics; echo $?`, want: '7', own: true },
  ])('$name', async ({ command, want, own }) => {
    expect((await say(cluster, command, !own)).trim()).toBe(want);
    expect(cluster.errors).toEqual([]);
  });
});

test('a look that failed is told of in the log, in the words of its loop', async () => {
  const cluster = makeTestCluster({ template: 'default', nodes: 1 });
  await pass(cluster, 5);
  cluster.api.create(resourceQuotas, { metadata: { name: 'q', namespace: 'default' }, spec: { hard: { pods: '0' } } });
  await pass(cluster, 1);
  cluster.api.create(jobs, {
    metadata: { name: 'j', namespace: 'default' },
    spec: { template: { spec: { containers: [{ name: 'c', image: 'busybox' }], restartPolicy: 'Never' } } },
  } as never);
  await pass(cluster, 2);
  const { body } = await cluster.request<string>('GET', '/api/v1/namespaces/kube-system/pods/kube-controller-manager-control-plane/log');
  expect(body).toMatch(
    /^E\d{4} .* job_controller\.go:\d+\] "Unhandled Error" err="syncing job: pods \\"j-\w{5}\\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0" logger="UnhandledError"$/m,
  );
});

describe('what is told', async () => {
  const cluster = await born();
  const spec = { containers: [{ name: 'c', image: 'busybox:1.37', command: ['true'] }] };
  cluster.api.create(jobs, {
    metadata: { name: 'once', namespace: 'default' },
    spec: { template: { spec: { ...spec, restartPolicy: 'Never' } } },
  } as never);
  cluster.api.create(jobs, {
    metadata: { name: 'never', namespace: 'default' },
    spec: {
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] },
      template: { spec: { containers: [{ ...spec.containers[0]!, command: ['false'] }], restartPolicy: 'Never' } },
    },
  } as never);
  cluster.api.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx:1.27', resources: { requests: { cpu: '250m' } } }] },
      },
    },
  } as never);
  cluster.api.create(horizontalPodAutoscalers, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
      metrics: [{ type: 'Pods', pods: { metric: { name: 'unheard-of' }, target: { type: 'AverageValue', averageValue: '1' } } }],
    },
  } as never);
  cluster.api.create(services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], trafficDistribution: 'PreferSameZone' },
  } as never);
  await pass(cluster, 30);
  const grep = (url: string, pattern: string): Promise<string> => say(cluster, `curl -sk ${TOKEN} ${url} | grep -e '${pattern}'`);

  test.each([
    {
      name: 'work queues',
      url: `${MANAGER}/metrics`,
      pattern: '^workqueue_adds_total.*"deployment"',
      want: /^workqueue_adds_total\{name="deployment"\} \d+$/,
    },
    {
      name: 'how stable they are',
      url: `${MANAGER}/metrics`,
      pattern: 'HELP workqueue_depth',
      want: /^# HELP workqueue_depth \[BETA\] Current depth of workqueue$/,
    },
    {
      name: 'Jobs that ended',
      url: `${MANAGER}/metrics`,
      pattern: '^job_controller_jobs',
      want: /^job_controller_jobs_finished_total\{completion_mode="NonIndexed",reason="CompletionsReached",result="succeeded"\} 1\njob_controller_jobs_finished_total\{completion_mode="NonIndexed",reason="PodFailurePolicy",result="failed"\} 1$/,
    },
    {
      name: 'how often Jobs were looked at',
      url: `${MANAGER}/metrics`,
      pattern: '^job_controller_job_syncs.*created',
      want: /^job_controller_job_syncs_total\{action="pods_created",completion_mode="NonIndexed",result="success"\} 2$/,
    },
    {
      name: 'pods of Jobs that ended',
      url: `${MANAGER}/metrics`,
      pattern: '^job_controller_job_pods_finished',
      want: /^job_controller_job_pods_finished_total\{completion_mode="NonIndexed",result="failed"\} 1\njob_controller_job_pods_finished_total\{completion_mode="NonIndexed",result="succeeded"\} 1$/,
    },
    {
      name: 'why pods of Jobs were made',
      url: `${MANAGER}/metrics`,
      pattern: '^job_controller_job_pods_creation',
      want: /^job_controller_job_pods_creation_total\{reason="new",status="succeeded"\} 2$/,
    },
    {
      name: 'pods of Jobs that ended and were let go',
      url: `${MANAGER}/metrics`,
      pattern: '^job_controller_terminated',
      want: /^job_controller_terminated_pods_tracking_finalizer_total\{event="add"\} 2\njob_controller_terminated_pods_tracking_finalizer_total\{event="delete"\} 2$/,
    },
    {
      name: 'how long looks at Jobs took',
      url: `${MANAGER}/metrics`,
      pattern: '^job_controller_job_sync_duration.*created.*\\(le="0.004"\\|le="65.536"\\|count\\)',
      want: /^job_controller_job_sync_duration_seconds_bucket\{action="pods_created",completion_mode="NonIndexed",result="success",le="0.004"\} 2\n.*le="65.536"\} 2$/,
    },
    {
      name: 'a help text of several lines, in one',
      url: `${MANAGER}/metrics`,
      pattern: 'HELP job_controller_pod_failures',
      want: /^# HELP job_controller_pod_failures_handled_by_failure_policy_total \[BETA\] The number of failed Pods handled by failure policy with\\n\t\t\trespect to/,
    },
    {
      name: 'what has not happened yet',
      url: `${MANAGER}/metrics`,
      pattern: '^\\(garbage\\|ephemeral\\|retroactive\\)',
      want: /^ephemeral_volume_controller_create_failures_total 0\nephemeral_volume_controller_create_total 0\ngarbagecollector_controller_resources_sync_error_total 0\nretroactive_storageclass_errors_total 0\nretroactive_storageclass_total 0$/,
    },
    {
      name: 'how often autoscalers were looked at, and that they learned nothing',
      url: `${MANAGER}/metrics`,
      pattern: 'horizontal_pod_autoscaler_controller_reconciliations',
      want: /^# HELP horizontal_pod_autoscaler_controller_reconciliations_total \[BETA\] .*\n# TYPE .* counter\n.*\{action="none",error="internal"\} \d$/,
    },
    {
      name: 'how often their metrics were asked for',
      url: `${MANAGER}/metrics`,
      pattern: '^horizontal_pod_autoscaler_controller_metric_computation_total',
      want: /^horizontal_pod_autoscaler_controller_metric_computation_total\{action="none",error="internal",metric_type="Pods"\} \d$/,
    },
    {
      name: 'how many autoscalers there are, and not what they want as long as they do not know',
      url: `${MANAGER}/metrics`,
      pattern: '^horizontal_pod_autoscaler_controller_\\(num\\|desired\\)',
      want: /^horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers 1$/,
    },
    {
      name: 'failures that a rule decided on',
      url: `${MANAGER}/metrics`,
      pattern: '^job_controller_pod',
      want: /^job_controller_pod_failures_handled_by_failure_policy_total\{action="FailJob"\} 1$/,
    },
    ...[
      ['endpoints_added_per_sync_count', 'endpoint_slice_controller_endpoints_added_per_sync_count \\d+'],
      ['endpoints_desired', 'endpoint_slice_controller_endpoints_desired \\d'],
      ['num_endpoint_slices', 'endpoint_slice_controller_num_endpoint_slices \\d'],
      ['desired_endpoint_slices', 'endpoint_slice_controller_desired_endpoint_slices \\d'],
      [
        'changes',
        'endpoint_slice_controller_changes\\{operation="create"\\} \\d\\nendpoint_slice_controller_changes\\{operation="update"\\} \\d+',
      ],
      ['syncs', 'endpoint_slice_controller_syncs\\{result="success"\\} \\d+'],
      [
        'endpointslices_changed_per_sync_count',
        'endpoint_slice_controller_endpointslices_changed_per_sync_count\\{topology="Disabled",traffic_distribution=""\\} \\d+\nendpoint_slice_controller_endpointslices_changed_per_sync_count\\{topology="Disabled",traffic_distribution="PreferSameZone"\\} \\d+',
      ],
      [
        'services_count_by_traffic_distribution',
        'endpoint_slice_controller_services_count_by_traffic_distribution\\{traffic_distribution="PreferSameZone"\\} 1',
      ],
    ].map(([name, want]) => ({
      name: `of EndpointSlices: ${name}`,
      url: `${MANAGER}/metrics`,
      pattern: `^endpoint_slice_controller_${name}`,
      want: new RegExp(`^${want}$`),
    })),
    {
      name: 'how often Endpoints were mirrored',
      url: `${MANAGER}/metrics`,
      pattern: '^endpoint_slice_mirroring_controller_.*_count',
      want: /^endpoint_slice_mirroring_controller_endpoints_sync_duration_count \d+$/,
    },
    {
      name: 'ranges of nodes',
      url: `${MANAGER}/metrics`,
      pattern: '^node_ipam_controller_',
      want: /^node_ipam_controller_cidrset_cidrs_allocations_total\{clusterCIDR="10.244.0.0\/16"\} \d\nnode_ipam_controller_cidrset_usage_cidrs\{clusterCIDR="10.244.0.0\/16"\} 0.00\d+\nnode_ipam_controller_cirdset_max_cidrs\{clusterCIDR="10.244.0.0\/16"\} 256$/,
    },
    {
      name: 'how stable those are',
      url: `${MANAGER}/metrics`,
      pattern: 'HELP endpoint_slice_controller_desired',
      want: /^# HELP endpoint_slice_controller_desired_endpoint_slices \[BETA\] Number of EndpointSlices that would exist with perfect endpoint allocation$/,
    },
    {
      name: 'that nobody was driven from a node yet',
      url: `${MANAGER}/metrics`,
      pattern: '^node_collector_evictions_total',
      want: /^node_collector_evictions_total\{zone=""\} 0$/,
    },
    {
      name: 'who leads',
      url: `${MANAGER}/metrics`,
      pattern: '^leader_election',
      want: /^leader_election_master_status\{name="kube-controller-manager"\} 1$/,
    },
    {
      name: 'zones of nodes',
      url: `${MANAGER}/metrics`,
      pattern: '^node_collector_zone',
      want: /^node_collector_zone_health\{zone=""\} 100\nnode_collector_zone_size\{zone=""\} 2$/,
    },
    {
      name: 'nothing of the scheduler, nor of the API server',
      url: `${MANAGER}/metrics`,
      pattern: '^scheduler_\\|^apiserver_\\|"scheduler"',
      want: /^$/,
    },
    {
      name: 'its configuration',
      url: `${MANAGER}/configz`,
      pattern: 'MaxEndpointsPerSlice":100',
      want: /^\{"kubecontrollermanager\.config\.k8s\.io":\{"Generic":/,
    },
    ...[
      /"LeaderMigration":\{"LeaderName":"","ResourceLock":"","ControllerLeaders":null\}/,
      /"KubeletServingSignerConfiguration":\{"CertFile":"","KeyFile":""\}.*"ClusterSigningDuration":"8760h0m0s"\}/,
      /"DeprecatedController":\{\},/,
      /"GCIgnoredResources":\[\{"Group":"","Resource":"events"\},\{"Group":"events\.k8s\.io","Resource":"events"\}\]/,
      /"NodeIPAMController":\{"ServiceCIDR":"10\.96\.0\.0\/\d+","SecondaryServiceCIDR":"","NodeCIDRMaskSize":0,/,
      /"VolumeConfiguration":\{"EnableHostPathProvisioning":false,"EnableDynamicProvisioning":true,"PersistentVolumeRecyclerConfiguration":\{"MaximumRetry":3,/,
      /"ResourceClaimController":\{"ConcurrentSyncs":10\}\}/,
    ].map((want) => ({ name: `its configuration: ${String(want)}`, url: `${MANAGER}/configz`, pattern: 'Generic', want })),
    {
      name: 'decisions of the scheduler',
      url: `${SCHEDULER}/metrics`,
      pattern: '^scheduler_schedule_attempts_total.*scheduled',
      want: /^scheduler_schedule_attempts_total\{profile="default-scheduler",result="scheduled"\} \d+/,
    },
    {
      name: 'what pods ask for',
      url: `${SCHEDULER}/metrics/resources`,
      pattern: 'pod="web',
      want: /^kube_pod_resource_request\{namespace="default",pod="web-[^"]*",node="worker-1",scheduler="default-scheduler",priority="0",resource="cpu",unit="cores"\} 0\.25$/,
    },
    {
      name: 'its configuration, complete',
      url: `${SCHEDULER}/configz`,
      pattern: 'NodeResourcesFitArgs',
      want: /^\{"componentconfig":\{"kind":"KubeSchedulerConfiguration","apiVersion":"kubescheduler\.config\.k8s\.io\/v1"/,
    },
    {
      name: 'rules of the proxy',
      url: `${PROXY}/metrics`,
      pattern: '^kubeproxy_sync_proxy_rules_endpoints ',
      want: /^kubeproxy_sync_proxy_rules_endpoints [1-9]\d*$/,
    },
  ])('$name', async ({ url, pattern, want }) => {
    expect((await grep(url, pattern)).trim()).toMatch(want);
    expect(cluster.errors).toEqual([]);
  });

  test('by the API server: its own work, and no other component’s', async () => {
    const { body } = await cluster.request<string>('GET', '/metrics');
    expect(body).toMatch(/^workqueue_adds_total\{name="[^"]+"\} \d+$/m);
    expect(body).not.toMatch(/name="deployment"|^scheduler_/m);
  });

  test('by CoreDNS: questions, to whoever looks through the API server', async () => {
    await say(cluster, 'nslookup kubernetes.default.svc.cluster.local; true', false);
    const servers = cluster.api
      .list(pods, { namespace: 'kube-system' })
      .filter(({ metadata }) => metadata.labels?.['k8s-app'] === 'kube-dns');
    const pages: string[] = [];
    for (const pod of servers) pages.push(await throughProxy(cluster, pod));
    expect(pages.join('\n')).toMatch(
      /^coredns_dns_requests_total\{family="1",proto="udp",server="dns:\/\/:53",view="",type="A",zone="cluster\.local\."\} \d+$/m,
    );
    expect(pages[0]).toContain('# HELP coredns_build_info A metric');
  });
});

async function throughProxy(cluster: TestCluster, { metadata }: Pod): Promise<string> {
  const answers: { readonly status: number; readonly body: string }[] = [];
  void cluster
    .request<string>('GET', `/api/v1/namespaces/kube-system/pods/${metadata.name}:9153/proxy/metrics`)
    .then((given) => answers.push(given));
  for (let i = 0; i < 20 && !answers.length; i++) await pass(cluster, 1);
  const { status, body } = answers[0]!;
  expect(status).toBe(200);
  return body;
}

test('a controller manager that was told to listen everywhere is reached from everywhere; one that stands by tells little', async () => {
  const cluster = await born();
  const files = machineFiles(cluster.cluster.simulation.world, 'control-plane');
  const path = '/etc/kubernetes/manifests/kube-controller-manager.yaml';
  files.write(path, files.read(path).replace('--bind-address=127.0.0.1', '--bind-address=0.0.0.0'));
  await pass(cluster, 10);
  const address = cluster.cluster.simulation.world.machines.get('control-plane')!.ip;
  const look = `curl -sk ${TOKEN} https://${address}:10257/metrics | grep -c -e ^leader_election.*.0$ -e ^workqueue`;
  expect((await say(cluster, look, false)).trim()).toBe('1');
  await pass(cluster, 30);
  expect(Number(await say(cluster, look, false))).toBeGreaterThan(100);
});

test('a token cannot be looked up while the API server is down', async () => {
  const cluster = await born();
  const files = machineFiles(cluster.cluster.simulation.world, 'control-plane');
  const path = '/etc/kubernetes/manifests/kube-apiserver.yaml';
  cluster.api.create(pods, {
    metadata: { name: 'box', namespace: 'default' },
    spec: {
      hostNetwork: true,
      nodeName: 'control-plane',
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'main',
          image: 'curlimages/curl:8.18.0',
          command: [
            'sh',
            '-c',
            `T=$(cat ${TOKEN_FILE}); sleep 20; ${code(`-H "Authorization: Bearer $T" ${SCHEDULER}/metrics`)}; echo; curl -sk ${SCHEDULER}/metrics`,
          ],
          resources: {},
        },
      ],
    },
  } as never);
  await pass(cluster, 15);
  files.unlink(path);
  await pass(cluster, 30);
  const { world } = cluster.cluster.simulation;
  const said = world.sandboxes
    .find('pod', 'default/box')
    .flatMap(({ containers }) => readLog(world, containers[0]!.id).entries.map(({ text }) => text));
  expect(said[0]).toBe('401');
  expect(said[1]).toMatch(
    /^Internal Server Error: "\/metrics": Post "https:\/\/[\d.]+:6443\/apis\/authorization\.k8s\.io\/v1\/subjectaccessreviews\?timeout=10s": dial tcp [\d.]+:6443: connect: connection refused$/,
  );
});
