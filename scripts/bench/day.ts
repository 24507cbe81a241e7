// The cluster whose day is measured: 50 Deployments of two pods, and 20 CronJobs. Five run every quarter of an hour, ten every hour, five every six hours: 740 Jobs a day.

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const podTemplate = (labels: Record<string, string>, image: string): object => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image, resources: { requests: { cpu: '10m' } } }] },
});

export const deploymentOf = (name: string, replicas: number, image = 'nginx'): object => {
  const labels = { app: name };
  return {
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: labels }, template: podTemplate(labels, image) },
  };
};

export const dayDeployments: readonly object[] = numbers(50).map((i) => deploymentOf(`web-${i}`, 2));

export const dayCronJobs: readonly object[] = numbers(20).map((i) => {
  const schedule = i < 5 ? '*/15 * * * *' : i < 15 ? `${i} * * * *` : `${i} */6 * * *`;
  const container = { name: 'c', image: 'busybox', command: ['sh', '-c', 'exit 0'] };
  const template = { spec: { restartPolicy: 'Never', containers: [container] } };
  return { metadata: { name: `job-${i}`, namespace: 'default' }, spec: { schedule, jobTemplate: { spec: { template } } } };
});
