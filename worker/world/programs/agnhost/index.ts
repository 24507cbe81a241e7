// registry.k8s.io/e2e-test-images/agnhost: one executable, whose first argument says what it is. Each of its subcommands is a program of its own, named
// `agnhost <subcommand>`: a file, and a line here. Mirrors test/images/agnhost.

import type { Program } from '../../process/program.ts';
import { once } from '../../commands/tool.ts';
import { auditProxy } from './audit-proxy.ts';
import { connect } from './connect.ts';
import { crdConversionWebhook } from './crd-conversion-webhook.ts';
import { dnsServerList, dnsSuffix, etcHosts } from './dns.ts';
import { entrypointTester } from './entrypoint-tester.ts';
import { fakeGitserver } from './fake-gitserver.ts';
import { grpcHealthChecking } from './grpc-health-checking.ts';
import { guestbook } from './guestbook.ts';
import { inclusterclient } from './inclusterclient.ts';
import { issuerDiscovery } from './issuer-discovery.ts';
import { liveness } from './liveness.ts';
import { logsGenerator } from './logs-generator.ts';
import { mounttest } from './mounttest.ts';
import { netexec } from './netexec.ts';
import { nettest } from './nettest.ts';
import { noSnatTest } from './no-snat-test.ts';
import { noSnatTestProxy } from './no-snat-test-proxy.ts';
import { pause } from './pause.ts';
import { portForwardTester } from './port-forward-tester.ts';
import { porter } from './porter.ts';
import { resourceConsumerController } from './resource-consumer-controller.ts';
import { serveHostname } from './serve-hostname.ts';
import { tcpReset } from './tcp-reset.ts';
import { testWebserver } from './test-webserver.ts';
import { webhook } from './webhook/index.ts';

/** What it says when it is called without a subcommand, or with one that nobody knows. */
const agnhost = once('agnhost', (system, [command]) => {
  if (command === undefined || command === 'help' || command === '--help') {
    system.out('Usage:\n  app [command]\n');
    return 0;
  }
  system.err(`Error: unknown command ${JSON.stringify(command)} for "app"\nRun 'app --help' for usage.\n`);
  return 1;
});

export const agnhostPrograms = [
  agnhost,
  auditProxy,
  connect,
  crdConversionWebhook,
  dnsServerList,
  dnsSuffix,
  entrypointTester,
  etcHosts,
  fakeGitserver,
  grpcHealthChecking,
  guestbook,
  inclusterclient,
  issuerDiscovery,
  liveness,
  logsGenerator,
  mounttest,
  netexec,
  nettest,
  noSnatTest,
  noSnatTestProxy,
  pause,
  portForwardTester,
  porter,
  resourceConsumerController,
  serveHostname,
  tcpReset,
  testWebserver,
  webhook,
] as readonly Program[];
