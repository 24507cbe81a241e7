// kube-webhook-certgen, which charts start before and after their webhooks: makes an authority and a server's certificate for a Secret (`create`), and tells webhook
// configurations of that authority (`patch`). Mirrors ingress-nginx images/kube-webhook-certgen.

import { bytesOfIp, parseIp } from '../../lib/ip.ts';
import { isRecord } from '../../lib/json.ts';
import { toBase64, utf8 } from '../../lib/text.ts';
import { makeCertificate, privateKeyPem, publicKeyInfoOf } from '../../lib/x509/certificate.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { flag, switchFlag } from './agnhost/flags.ts';
import { askApi } from './api-client.ts';
import type { ApiAnswer, Asking } from './api-client.ts';
import { klogLine } from './control-plane/klog.ts';

/** What it asks for next, one after the other; those of webhook configurations only where they are to be patched. */
type Stage = 'look' | 'save' | `${'get' | 'put'} ${Hook}`;
type Hook = 'validating' | 'mutating';

interface Kept {
  stage: Stage;
  asking?: Asking;
  /** What the Secret holds as `ca`, base64. */
  authority: string;
  /** What was read, and is written back. */
  configuration?: Record<string, unknown>;
}

const [BACKDATE_MS, LIFE_MS] = [5 * 60_000, 100 * 365 * 24 * 3_600_000];

export const kubeWebhookCertgen: Tool = {
  name: 'kube-webhook-certgen',
  step(system): Next {
    let kept = system.process.data as Kept | null;
    if (!kept) {
      const problem = begin(system);
      if (problem !== undefined) return problem;
      kept = { stage: 'look', authority: '' };
      system.process.data = kept;
    }
    const asked = requestOf(system, kept);
    const answer = askApi(system, kept, asked);
    if ('wait' in answer) return answer;
    const next = { look: looked, save: saved, get: got, put }[kept.stage.split(' ')[0] as 'look' | 'save' | 'get' | 'put'](
      system,
      kept,
      answer,
    );
    if (typeof next === 'number') return { exit: next };
    kept.stage = next;
    return 'again';
  },
};

/** What is said first, and how it ends if its flags are wrong. */
function begin(system: System): Next | undefined {
  const command = system.argv[1];
  if (command !== 'create' && command !== 'patch') {
    const isWrong = command !== undefined && !command.startsWith('-');
    if (isWrong)
      system.err(
        `Error: unknown command ${JSON.stringify(command)} for "kube-webhook-certgen"\nRun 'kube-webhook-certgen --help' for usage.\n`,
      );
    else system.out(USAGE);
    return { exit: isWrong ? 1 : 0 };
  }
  const needed = command === 'create' ? ['host', 'namespace', 'secret-name'] : ['namespace', 'secret-name', 'webhook-name'];
  const missing = needed.filter((name) => flag(system, name) === undefined);
  if (missing.length) {
    system.err(`Error: required flag(s) ${missing.map((name) => JSON.stringify(name)).join(', ')} not set\n`);
    return { exit: 1 };
  }
  const policy = flag(system, 'patch-failure-policy') ?? '';
  if (command === 'patch' && !hooksOf(system).length)
    return {
      exit: fatal(
        system,
        'patch-validating=false, patch-mutating=false. You must patch at least one kind of webhook, otherwise this command is a no-op',
        'cmd/patch.go:22',
      ),
    };
  if (!['', 'Ignore', 'Fail'].includes(policy))
    return { exit: fatal(system, `patch-failure-policy ${policy} is not valid`, 'cmd/patch.go:32') };
  system.err(
    klogLine(
      system.now(),
      'W',
      'client_config.go:667',
      'Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.',
    ),
  );
  return undefined;
}

const USAGE = `Use this to create a ca and signed certificates and patch admission webhooks to allow for quick
	           installation and configuration of validating and admission webhooks.

Usage:
  kube-webhook-certgen [flags]
  kube-webhook-certgen [command]

Available Commands:
  create      Generate a ca and server cert+key and store the results in a secret 'secret-name' in 'namespace'
  help        Help about any command
  patch       Patch a ValidatingWebhookConfiguration, MutatingWebhookConfiguration or APIService 'object-name' by using the ca from 'secret-name' in 'namespace'
  version     Prints the CLI version information
`;

const hooksOf = (system: System): Hook[] =>
  (['validating', 'mutating'] as const).filter((hook) => switchFlag(system, `patch-${hook}`, true));

const valueOf = (system: System, name: string, usual = ''): string => flag(system, name) ?? usual;

function requestOf(system: System, { stage, configuration }: Kept): Parameters<typeof askApi>[2] {
  const secrets = `/api/v1/namespaces/${valueOf(system, 'namespace')}/secrets`;
  if (stage === 'look') return { method: 'GET', path: `${secrets}/${valueOf(system, 'secret-name')}` };
  if (stage === 'save') return { method: 'POST', path: secrets, body: () => secretOf(system) };
  const [verb, hook] = stage.split(' ');
  const path = `/apis/admissionregistration.k8s.io/v1/${hook}webhookconfigurations/${valueOf(system, 'webhook-name')}`;
  return verb === 'get' ? { method: 'GET', path } : { method: 'PUT', path, body: () => configuration };
}

type After = Stage | number;

function looked(system: System, kept: Kept, answer: ApiAnswer): After {
  const isCreating = system.argv[1] === 'create';
  if ('problem' in answer) {
    if (answer.status !== 404) return fatal(system, 'error getting secret', 'k8s/k8s.go:232', answer.problem);
    log(system, 'info', 'no secret found', 'k8s/k8s.go:229', answer.problem);
    if (!isCreating)
      return fatal(system, `no secret with '${valueOf(system, 'secret-name')}' in '${valueOf(system, 'namespace')}'`, 'cmd/patch.go:45');
    log(system, 'info', 'creating new secret', 'cmd/create.go:28');
    return 'save';
  }
  const { data } = answer.object;
  const authority = isRecord(data) ? data['ca'] : undefined;
  if (typeof authority !== 'string') return fatal(system, "got secret, but it did not contain a 'ca' key", 'k8s/k8s.go:237');
  if (isCreating) {
    log(system, 'info', 'secret already exists', 'cmd/create.go:35');
    return 0;
  }
  kept.authority = authority;
  const [validating, mutating] = (['validating', 'mutating'] as const).map((hook) => hooksOf(system).includes(hook));
  log(
    system,
    'info',
    `patching webhook configurations '${valueOf(system, 'webhook-name')}' mutating=${mutating}, validating=${validating}, failurePolicy=${valueOf(system, 'patch-failure-policy')}`,
    'k8s/k8s.go:118',
  );
  return `get ${hooksOf(system)[0]!}`;
}

const saved = (system: System, _kept: Kept, answer: ApiAnswer): After =>
  'problem' in answer ? fatal(system, 'failed creating secret', 'k8s/k8s.go:260', answer.problem) : 0;

function got(system: System, kept: Kept, answer: ApiAnswer): After {
  if ('problem' in answer) return fatal(system, 'failed getting validating webhook', 'k8s/k8s.go:153', answer.problem);
  const policy = valueOf(system, 'patch-failure-policy');
  const webhooks = (Array.isArray(answer.object['webhooks']) ? answer.object['webhooks'] : []) as Record<string, unknown>[];
  kept.configuration = {
    ...answer.object,
    webhooks: webhooks.map((one) => ({
      ...one,
      clientConfig: { ...(one['clientConfig'] as object), caBundle: kept.authority },
      ...(policy && { failurePolicy: policy }),
    })),
  };
  return kept.stage.replace('get', 'put') as Stage;
}

function put(system: System, kept: Kept, answer: ApiAnswer): After {
  if ('problem' in answer) return fatal(system, 'failed patching validating webhook', 'k8s/k8s.go:168', answer.problem);
  const hooks = hooksOf(system);
  const next = hooks[hooks.indexOf(kept.stage.split(' ')[1] as Hook) + 1];
  if (next) return `get ${next}`;
  log(system, 'info', 'Patched hook(s)', 'k8s/k8s.go:138');
  return 0;
}

function log(system: System, level: 'info' | 'fatal', msg: string, source: string, err?: string): void {
  const time = `${new Date(system.now()).toISOString().slice(0, 19)}Z`;
  system.err(`${JSON.stringify({ ...(err !== undefined && { err }), level, msg, source, time })}\n`);
}

function fatal(system: System, msg: string, source: string, err?: string): number {
  log(system, 'fatal', msg, source, err);
  return 1;
}

function secretOf(system: System): object {
  const { random } = system;
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
  const serial = (): Uint8Array => Uint8Array.of(0x40 + random.below(64), ...bytes(15));
  const [root, leaf] = [bytes(32), bytes(32)];
  const notBefore = system.now() - BACKDATE_MS;
  const life = { issuer: { commonName: '', organizations: ['nil1'] }, issuerKey: root, notBefore, notAfter: notBefore + LIFE_MS };
  const hosts = valueOf(system, 'host').split(',');
  const authority = makeCertificate({
    ...life,
    subject: life.issuer,
    publicKeyInfo: publicKeyInfoOf(root),
    serial: serial(),
    isAuthority: true,
    usages: ['cert sign', 'server auth'],
  });
  const certificate = makeCertificate({
    ...life,
    subject: { commonName: '', organizations: ['nil2'] },
    publicKeyInfo: publicKeyInfoOf(leaf),
    serial: serial(),
    usages: ['digital signature', 'key encipherment', 'server auth'],
    dnsNames: hosts.filter((one) => !parseIp(one)),
    ipAddresses: hosts.flatMap((one) => parseIp(one) ?? []).map(bytesOfIp),
  });
  const data = {
    ca: authority,
    [valueOf(system, 'cert-name', 'cert')]: certificate,
    [valueOf(system, 'key-name', 'key')]: privateKeyPem(leaf),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: valueOf(system, 'secret-name') },
    data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, toBase64(utf8(text))])),
  };
}
