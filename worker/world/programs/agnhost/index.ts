// registry.k8s.io/e2e-test-images/agnhost: one executable, whose first argument says what it is. Each of its subcommands is a program of its own, named
// `agnhost <subcommand>`: a file, and a line here. Mirrors test/images/agnhost.

import type { Program } from '../../process/program.ts';
import { once } from '../../commands/tool.ts';
import { pause } from './pause.ts';
import { simpleServers } from './simple-servers.ts';

/** What it says when it is called without a subcommand, or with one that nobody knows. */
const agnhost = once('agnhost', (system, [command]) => {
  if (command === undefined || command === 'help' || command === '--help') {
    system.out('Usage:\n  app [command]\n');
    return 0;
  }
  system.err(`Error: unknown command ${JSON.stringify(command)} for "app"\nRun 'app --help' for usage.\n`);
  return 1;
});

export const agnhostPrograms: readonly Program[] = [agnhost, pause, ...simpleServers];
