// What the plugin `prometheus` of CoreDNS shows. Mirrors plugin/metrics of CoreDNS.
// Differs: an answer takes no time, and what it would be long in bytes is not told.

import type { DnsAnswer, DnsQuestion } from '../../world/network/dns.ts';
import type { Meter, Meters, Metric } from '../../lib/metrics.ts';
import { metricsPage } from '../../server/metrics-page.ts';
import { processMetrics } from './common.ts';
import type { ComponentPage } from './index.ts';

const bare = (name: string, help: string): Meter => ({ name: `coredns_${name}`, help, type: 'counter', isBare: true });
const REQUESTS = bare('dns_requests_total', 'Counter of DNS requests made per zone, protocol and family.');
const RESPONSES = bare('dns_responses_total', 'Counter of response status codes.');
const SERVER = { server: 'dns://:53', view: '' };
const PLUGINS = ['cache', 'errors', 'forward', 'health', 'kubernetes', 'loadbalance', 'loop', 'prometheus', 'ready', 'reload'];
const [VERSION, GO] = ['1.14.2', 'go1.26.1'];

/** Counts a question that a container was asked. */
export function countDns(meters: Meters, { type }: DnsQuestion, { code, isAuthoritative }: DnsAnswer): void {
  const zone = isAuthoritative ? 'cluster.local.' : '.';
  meters.add(REQUESTS, {
    family: '1',
    proto: 'udp',
    ...SERVER,
    type: ['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'NS', 'SOA', 'MX', 'ANY'].includes(type) ? type : 'other',
    zone,
  });
  meters.add(RESPONSES, { plugin: isAuthoritative ? 'kubernetes' : 'forward', rcode: code, ...SERVER, zone });
}

export const corednsPage: ComponentPage = (parts, asked) => {
  const { corefile = '' } = (asked.container.service ?? {}) as { corefile?: string };
  const own: Metric[] = [
    {
      name: 'coredns_build_info',
      help: "A metric with a constant '1' value labeled by version, revision, and goversion from which CoreDNS was built.",
      type: 'gauge',
      isBare: true,
      samples: [[{ goversion: GO, revision: 'b9a1bd2', version: VERSION }, 1]],
    },
    {
      name: 'coredns_plugin_enabled',
      help: 'A metric that indicates whether a plugin is enabled on per server and zone basis.',
      type: 'gauge',
      isBare: true,
      samples: PLUGINS.filter((name) => new RegExp(`^\\s*${name}\\b`, 'm').test(corefile)).map((name) => [
        { name, ...SERVER, zone: '.' },
        1,
      ]),
    },
    {
      name: 'coredns_panics_total',
      help: 'A metrics that counts the number of panics.',
      type: 'counter',
      isBare: true,
      samples: [[{}, 0]],
    },
  ];
  return metricsPage([...processMetrics(asked, GO, true), ...own, ...parts.meters(asked.container.id).list()]);
};
