// A page of metrics, as Prometheus reads it.

import { metricsText } from '../lib/metrics.ts';
import type { Metric } from '../lib/metrics.ts';
import type { HttpReply } from './http.ts';

export const metricsPage = (metrics: readonly Metric[]): HttpReply => ({
  status: 200,
  headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores' },
  body: metricsText(metrics),
});
