// What kube-scheduler shows at its port, 10259. Mirrors cmd/kube-scheduler/app/server.go.

import { notFoundPage } from '../../server/http.ts';
import { metricsPage } from '../../server/metrics-page.ts';
import { workQueues } from '../store-metrics.ts';
import { allMetrics, checksPage, componentZPage, configzPage, flagsOf, guarded, leadership } from './common.ts';
import type { ComponentPage } from './index.ts';
import { schedulerConfigz } from './scheduler-config.ts';
import { podResourceMetrics } from './pod-resources.ts';

const NAME = 'kube-scheduler';
const PATHS = ['/configz', '/flagz', '/healthz', '/livez', '/metrics', '/readyz'];

export const schedulerPage: ComponentPage = (parts, asked, request) =>
  guarded(parts, asked, request, () => {
    const flags = flagsOf(asked);
    const leads = parts.controlPlane.leads(NAME, asked.container.id);
    const election = flags['leader-elect'] === 'false' ? [] : ['leaderElection'];
    switch (request.path) {
      case '/metrics':
        return allMetrics(parts, asked, [
          ...(election.length ? [leadership(NAME, leads)] : []),
          ...(leads ? parts.scheduler.metrics() : []),
          ...workQueues([], parts.minor),
          ...parts.meters(NAME).list(),
        ]);
      case '/metrics/resources':
        return metricsPage(leads ? podResourceMetrics(parts.reader) : []);
      case '/configz':
        return parts.scheduler.config ? configzPage('componentconfig', schedulerConfigz(parts.scheduler.config, flags)) : notFoundPage();
    }
    const checks = {
      healthz: election.length ? election : ['ping'],
      livez: ['ping'],
      readyz: [...election, 'shutdown', 'sched-handler-sync'],
    };
    return checksPage(checks, request) ?? componentZPage(parts, asked, request, PATHS) ?? notFoundPage();
  });
