// openssl: keys, requests and certificates. Each of its commands is a function of a call (`call.ts`); what they print is the real one's, letter for letter.

import type { Next, Tool } from '../../process/program.ts';
import { Refusal, steppedTool } from '../tool.ts';
import { base64, dgst, DIGESTS, rand } from './bytes.ts';
import { callOf, Paused } from './call.ts';
import type { Call } from './call.ts';
import { ecparam, genpkey, genrsa, showKey } from './keys.ts';
import { releaseOf } from './release.ts';
import { req } from './req.ts';
import { verify } from './verify.ts';
import { x509 } from './x509.ts';

const DIGEST_OPTIONS = Object.keys(DIGESTS).join(' ');
const KEY_OPTIONS = 'in= out= inform= outform= pubin pubout text text_pub noout check traditional modulus passin= passout=';

/** Each with its options, `=` after those that take a value. */
const COMMANDS: Readonly<Record<string, readonly [run: (call: Call) => number, options: string]>> = {
  base64: [base64, 'd e A a in= out='],
  dgst: [dgst, `${DIGEST_OPTIONS} r hex c binary out=`],
  ...Object.fromEntries(Object.keys(DIGESTS).map((name) => [name, [dgst, 'r hex c binary out='] as const])),
  ec: [showKey, KEY_OPTIONS],
  ecparam: [ecparam, 'name= genkey noout out= param_enc='],
  enc: [base64, 'base64 a d e A in= out='],
  genpkey: [genpkey, 'algorithm= pkeyopt= out= outform= text quiet'],
  genrsa: [genrsa, 'out= traditional verbose F4 3 f4'],
  pkey: [showKey, KEY_OPTIONS],
  rand: [rand, 'hex base64 out='],
  req: [
    req,
    `${DIGEST_OPTIONS} new x509 newkey= key= keyout= nodes noenc subj= in= out= inform= outform= text noout subject verify pubkey days= addext= config= extensions= reqexts= pkeyopt= batch utf8`,
  ],
  rsa: [showKey, KEY_OPTIONS],
  verify: [verify, 'CAfile= trusted= untrusted= verbose'],
  version: [({ system, release }) => say(system, `OpenSSL ${release.version} (Library: OpenSSL ${release.version})\n`), 'v a'],
  x509: [
    x509,
    `${DIGEST_OPTIONS} req in= out= inform= outform= text noout subject issuer startdate enddate dates serial fingerprint pubkey modulus ext= checkend= checkhost= checkip= nameopt= CA= CAkey= CAserial= CAcreateserial set_serial= days= key= signkey= extfile= extensions= copy_extensions= clrext`,
  ],
};

const say = (system: Call['system'], text: string): number => {
  system.out(text);
  return 0;
};

export const openssl: Tool = steppedTool('openssl', go, (message) => `${message}\n`);

function go(system: Call['system']): Next {
  const [, name = 'help', ...args] = system.argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new Refusal(`Invalid command '${name}'; type "help" for a list.`);
  const [run, known] = command;
  try {
    return { exit: run(callOf(system, releaseOf(system), name, args, known)) };
  } catch (error) {
    if (!(error instanceof Paused)) throw error;
    return error.wait ? { wait: error.wait } : 'again';
  }
}
