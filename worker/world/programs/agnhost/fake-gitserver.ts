// agnhost fake-gitserver: says that it is one. Mirrors test/images/agnhost/fakegitserver.

import { httpAt, server, text } from './server.ts';

const PORT = 8000;

export const fakeGitserver = server({
  subcommand: 'fake-gitserver',
  listeners: () => [httpAt(PORT, () => text('I am a fake git server'))],
});
