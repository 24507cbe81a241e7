// What /metrics tells of admission: every request counts once, however often it has to wait.

import { expect, test } from 'vitest';
import type { ExternalAnswer } from '../../../worker/api/admission.ts';
import { as, configured, forPlugin, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

const linesOf = async ({ request }: Asker, name: string): Promise<string[]> =>
  (await request<string>('GET', '/metrics')).body.split('\n').filter((line) => line.startsWith(`${name}{`));

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1';
const RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
const hook = (name: string, more: object = {}): object => ({
  name: `${name}.x.com`,
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { url: `https://${name}.x.com/` },
  rules: [RULE],
  ...more,
});

test('webhooks', async () => {
  const asker = makeAsker({
    outside: ({ url, body }): ExternalAnswer => {
      if (url.includes('gone')) return { status: 0, body: '', error: 'gone' };
      if (url.includes('busy')) return { status: 503, body: '' };
      const { uid } = (JSON.parse(body) as { request: { uid: string } }).request;
      const response = { uid, ...(url.includes('no') ? { allowed: false, status: { code: 999 } } : { allowed: true }) };
      return { status: 200, body: JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response }) };
    },
  });
  const register = (kind: string, ...webhooks: object[]): Promise<unknown> =>
    asker.ask(`POST ${WEBHOOKS}/${kind}webhookconfigurations`, { metadata: { name: 'w' }, webhooks });
  await register('mutating', hook('fine'), hook('gone', { failurePolicy: 'Ignore' }));
  await register('validating', hook('fine'), hook('no'), hook('busy'));
  await asker.ask('POST configmaps', { metadata: { name: 'a' } });
  const labels = (name: string, code: number, rejected: boolean, type: string): string =>
    `apiserver_admission_webhook_request_total{code="${code}",name="${name}.x.com",operation="CREATE",rejected="${rejected}",type="${type}"} 1`;
  expect(await linesOf(asker, 'apiserver_admission_webhook_request_total')).toEqual([
    labels('fine', 200, false, 'admit'),
    labels('fine', 200, false, 'validating'),
    labels('gone', 400, false, 'admit'),
    labels('busy', 503, true, 'validating'),
    labels('no', 600, true, 'validating'),
  ]);
  const rejected = (type: string, name: string, code: number): string =>
    `apiserver_admission_webhook_rejection_count{error_type="${type}",name="${name}.x.com",operation="CREATE",rejection_code="${code}",type="validating"} 1`;
  expect(await linesOf(asker, 'apiserver_admission_webhook_rejection_count')).toEqual([
    rejected('calling_webhook_error', 'busy', 503),
    rejected('no_error', 'no', 600),
  ]);
  expect(await linesOf(asker, 'apiserver_admission_webhook_fail_open_count')).toEqual([
    'apiserver_admission_webhook_fail_open_count{name="gone.x.com",type="admit"} 1',
  ]);
});

test('steps and plugins', async () => {
  const asker = makeAsker();
  const count = async (what: string): Promise<number> =>
    Number((await linesOf(asker, what.split('{')[0]!)).find((line) => line.startsWith(what))?.split(' ')[1] ?? 0);
  const steps = (type: string, rejected: boolean): Promise<number> =>
    count(`apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="${rejected}",type="${type}"}`);
  const plugins = (name: string, rejected: boolean, type: string): Promise<number> =>
    count(
      `apiserver_admission_controller_admission_duration_seconds_count{name="${name}",operation="CREATE",rejected="${rejected}",type="${type}"}`,
    );
  const all = async (): Promise<number[]> => [
    await steps('admit', false),
    await steps('validate', false),
    await steps('admit', true),
    await plugins('ServiceAccount', true, 'admit'),
    await plugins('ServiceAccount', false, 'admit'),
    await plugins('LimitRanger', false, 'validate'),
    await plugins('Priority', true, 'admit'),
    await plugins('PersistentVolumeClaimResize', false, 'validate'),
  ];
  const more = async (work: () => Promise<unknown>): Promise<number[]> => {
    const before = await all();
    await work();
    return (await all()).map((value, i) => value - before[i]!);
  };
  const pods = async (): Promise<void> => {
    await asker.ask('POST pods', podOf());
    await asker.ask('POST pods', podOf({ serviceAccountName: 'nobody' }, { name: 'q' }));
  };
  expect(await more(pods)).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
  // Whoever knows the operation is asked about everything; that a claim grows is no creation.
  expect(await more(() => asker.ask('POST configmaps', { metadata: { name: 'c' } }))).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
});

test('what is no plugin', async () => {
  const asker = makeAsker();
  await asker.ask('POST configmaps', { metadata: { name: 'c' } });
  const { body } = await asker.request<string>('GET', '/metrics');
  expect(body).toContain('name="ServiceAccount",operation="CREATE"');
  expect(body).not.toContain('RBACEscalation');
});

test('Pod Security', async () => {
  const asker = makeAsker(
    configured(
      {},
      forPlugin(
        'PodSecurity',
        'apiVersion: pod-security.admission.config.k8s.io/v1',
        'kind: PodSecurityConfiguration',
        'defaults: {enforce: baseline, audit: restricted, audit-version: v1.99}',
        'exemptions: {usernames: [jane]}',
      ),
    ),
  );
  await asker.ask('POST pods', podOf());
  await asker.ask('POST pods', podOf({ hostPID: true }, { name: 'q' }));
  await asker.ask('POST pods', podOf({ hostPID: true }, { name: 'r' }), as('jane', 'system:masters'));
  const labels = (decision: string, mode: string, level: string, version: string): string =>
    `pod_security_evaluations_total{decision="${decision}",mode="${mode}",policy_level="${level}",policy_version="${version}",request_operation="create",resource="pod",subresource=""}`;
  expect(await linesOf(asker, 'pod_security_evaluations_total')).toEqual([
    `${labels('allow', 'enforce', 'baseline', 'latest')} 1`,
    `${labels('deny', 'audit', 'restricted', 'future')} 2`,
    `${labels('deny', 'enforce', 'baseline', 'latest')} 1`,
  ]);
  expect(await linesOf(asker, 'pod_security_exemptions_total')).toEqual([
    'pod_security_exemptions_total{request_operation="create",resource="pod",subresource=""} 1',
  ]);
});
