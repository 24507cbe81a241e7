import { describe, expect, test } from 'vitest';
import type { Job } from '../../../worker/api/gen/batch-v1.ts';
import { cronJobs } from '../../../worker/resources/batch/cronjob.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { cells, context, created, createRules, defaultRules, errorsOfCreate, merged, updated, updateRules } from './kind-rules.ts';

const container = { name: 'c', image: 'busybox' };
const template = { spec: { containers: [container], restartPolicy: 'Never' } };
const base = { metadata: { name: 'pi' }, spec: { template } };
const spec = (change: object): object => ({ spec: change });
const status = (change: object): object => ({ status: change });
const NOT_NEGATIVE = 'must be greater than or equal to 0';
const indexed = (change: object): object => spec({ completionMode: 'Indexed', completions: 5, parallelism: 5, ...change });
const failing = (...rules: object[]): object => spec({ podFailurePolicy: { rules } });
const exitCodes = (change: object): object => failing({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1], ...change } });
const succeeding = (...rules: object[]): object => indexed({ successPolicy: { rules } });
const RULE = 'spec.podFailurePolicy.rules[0]';

createRules(jobs, base, [
  ...(['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'] as const).map(
    (name) => [`a negative ${name}`, spec({ [name]: -1 }), `spec.${name}: Invalid value: -1: ${NOT_NEGATIVE}`] as const,
  ),
  [
    'pods that never end',
    spec({ template: { spec: { restartPolicy: 'Always' } } }),
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    'a restart policy of no kind',
    spec({ template: { spec: { restartPolicy: 'Maybe' } } }),
    'spec.template.spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
    'spec.template.spec.restartPolicy: Unsupported value: "Maybe": supported values: "OnFailure", "Never"',
  ],
  [
    'a selector of its own, missing',
    spec({ manualSelector: true }),
    'spec.selector: Required value',
    'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
  ],
  [
    'a selector of its own',
    spec({ manualSelector: true, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } } } }),
  ],
  [
    'another selector',
    spec({ selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } } } }),
    'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"u","a":"b"}}: `selector` not auto-generated',
  ],
  [
    "another job's label",
    spec({ template: { metadata: { labels: { 'job-name': 'other' } } } }),
    `spec.template.metadata.labels[job-name]: Invalid value: {"job-name":"other","batch.kubernetes.io/job-name":"pi","controller-uid":"u","batch.kubernetes.io/controller-uid":"u"}: must be 'pi'`,
  ],
  ['another manager', spec({ managedBy: 'example.com/me' })],
  [
    'a manager without domain',
    spec({ managedBy: 'me' }),
    'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [
    'a manager with a long name',
    spec({ managedBy: `example.com/${'a'.repeat(52)}` }),
    'spec.managedBy: Too long: may not be more than 63 bytes',
  ],
  [
    'another mode',
    spec({ completionMode: 'Random' }),
    'spec.completionMode: Unsupported value: "Random": supported values: "NonIndexed", "Indexed"',
  ],
  [
    'indexes without number',
    spec({ completionMode: 'Indexed', parallelism: 1 }),
    'spec.completions: Required value: when completion mode is Indexed',
  ],
  [
    'too many at once',
    indexed({ parallelism: 100001 }),
    'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
  ],
  [
    'a limit per index without indexes',
    spec({ backoffLimitPerIndex: 1 }),
    'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
  ],
  [
    'failed indexes without limit',
    indexed({ maxFailedIndexes: 1 }),
    'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
  ],
  [
    'more failed than there are',
    indexed({ maxFailedIndexes: 6, backoffLimitPerIndex: 1 }),
    'spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions',
  ],
  [
    'many indexes with a limit each',
    indexed({ completions: 100001, backoffLimitPerIndex: 1 }),
    'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
  ],
  [
    'many indexes, many failed',
    indexed({ completions: 200000, parallelism: 10001, backoffLimitPerIndex: 1, maxFailedIndexes: 10001 }),
    'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
    'spec.maxFailedIndexes: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
  ],
  [
    'a name that no index can follow',
    { metadata: { name: 'a'.repeat(62) }, ...indexed({}) },
    `metadata.name: Invalid value: "${'a'.repeat(62)}": will not able to create pod with invalid DNS label: ${'a'.repeat(62)}-4`,
  ],

  ['a rule of failure', exitCodes({})],
  [
    'a rule without action',
    failing({ action: '', onExitCodes: { operator: 'In', values: [1] } }),
    `${RULE}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
  ],
  [
    'a rule of another action',
    failing({ action: 'Cry', onExitCodes: { operator: 'In', values: [1] } }),
    `${RULE}.action: Unsupported value: "Cry": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
  ],
  [
    'failing an index without limit',
    failing({ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }),
    `${RULE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
  ],
  [
    'a rule of nothing',
    failing({ action: 'FailJob' }),
    `${RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
  ],
  [
    'a rule of both',
    failing({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] }, onPodConditions: [{ type: 'A' }] }),
    `${RULE}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`,
  ],
  [
    'another operator',
    exitCodes({ operator: 'Gt' }),
    `${RULE}.onExitCodes.operator: Unsupported value: "Gt": supported values: "In", "NotIn"`,
  ],
  [
    'another container',
    exitCodes({ containerName: 'x' }),
    `${RULE}.onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`,
  ],
  ['no codes', exitCodes({ values: [] }), `${RULE}.onExitCodes.values: Invalid value: []: at least one value is required`],
  ['success as failure', exitCodes({ values: [0] }), `${RULE}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator`],
  ['codes twice', exitCodes({ values: [1, 1] }), `${RULE}.onExitCodes.values[1]: Duplicate value: 1`],
  ['codes out of order', exitCodes({ values: [2, 1] }), `${RULE}.onExitCodes.values: Invalid value: [2,1]: must be ordered`],
  [
    '256 codes',
    exitCodes({ values: Array.from({ length: 256 }, (_, i) => i + 1) }),
    `${RULE}.onExitCodes.values: Too many: 256: must have at most 255 items`,
  ],
  [
    '21 rules',
    failing(...Array.from({ length: 21 }, () => ({ action: 'Count', onPodConditions: [{ type: 'A' }] }))),
    'spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items',
  ],
  [
    'a condition of no kind',
    failing({ action: 'Ignore', onPodConditions: [{ type: 'A', status: 'Maybe' }] }),
    `${RULE}.onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`,
  ],
  [
    'rules for pods that restart themselves',
    merged(exitCodes({}), spec({ template: { spec: { restartPolicy: 'OnFailure' } } })) as object,
    'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
  ],
  [
    'pods replaced too early for rules',
    merged(exitCodes({}), spec({ podReplacementPolicy: 'TerminatingOrFailed' })) as object,
    'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
  ],
  [
    'another way to replace',
    spec({ podReplacementPolicy: 'Never' }),
    'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"',
  ],

  [
    'success without indexes',
    spec({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
    'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode',
  ],
  ['success of some', succeeding({ succeededIndexes: '0,2-3', succeededCount: 2 })],
  [
    'success of nothing',
    succeeding(),
    'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
  ],
  [
    'an empty rule',
    succeeding({}),
    'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
  ],
  [
    'an index beyond',
    succeeding({ succeededIndexes: '0-5' }),
    'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-5": error parsing succeededIndexes: too large index: "5"',
  ],
  [
    'indexes out of order',
    succeeding({ succeededIndexes: '3,1' }),
    'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1',
  ],
  [
    'no indexes',
    succeeding({ succeededIndexes: 'x' }),
    'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "x": error parsing succeededIndexes: cannot convert string to integer for index: "x"',
  ],
  [
    'three limits',
    succeeding({ succeededIndexes: '1-2-3' }),
    'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by \'-\'',
  ],
  [
    'more than there are',
    succeeding({ succeededCount: 6 }),
    'spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)',
  ],
  [
    'more than are named',
    succeeding({ succeededIndexes: '1', succeededCount: 2 }),
    'spec.successPolicy.rules[0].succeededCount: Invalid value: 2: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)',
  ],
]);

defaultRules(jobs, [
  [
    'one pod',
    base,
    {
      spec: {
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        manualSelector: false,
      },
    },
  ],
  ['as many pods as it takes', merged(base, spec({ parallelism: 3 })) as object, { spec: { parallelism: 3 } }],
  ['several, one at a time', merged(base, spec({ completions: 3 })) as object, { spec: { completions: 3, parallelism: 1 } }],
  ['a limit per index', merged(base, indexed({ backoffLimitPerIndex: 1 })) as object, { spec: { backoffLimit: 2147483647 } }],
  [
    'with rules of failure',
    merged(base, failing({ action: 'Ignore', onPodConditions: [{ type: 'A' }] })) as object,
    { spec: { podReplacementPolicy: 'Failed', podFailurePolicy: { rules: [{ onPodConditions: [{ status: 'True' }] }] } } },
  ],
  [
    'labels, of its pods',
    merged(base, spec({ template: { metadata: { labels: { a: 'b' } } } })) as object,
    { metadata: { labels: { a: 'b' } } },
  ],
]);

const suspended = merged(base, spec({ suspend: true })) as object;
const node = { nodeSelector: { zone: 'a' } };
const resources = { containers: [{ ...container, resources: { limits: { cpu: '1' } } }] };
updateRules(jobs, base, [
  ['parallelism', spec({ parallelism: 2 })],
  ['completions', spec({ completions: 2 }), 'spec.completions: Invalid value: 2: field is immutable'],
  ['the mode', spec({ completionMode: 'Indexed' }), 'spec.completionMode: Invalid value: "Indexed": field is immutable'],
  ['the manager', spec({ managedBy: 'example.com/x' }), 'spec.managedBy: Invalid value: "example.com/x": field is immutable'],
  [
    'rules of failure',
    merged(exitCodes({}), spec({ podReplacementPolicy: 'Failed' })) as object,
    'spec.podFailurePolicy: Invalid value: {"Rules":[{"Action":"FailJob","OnExitCodes":{"ContainerName":null,"Operator":"In","Values":[1]},"OnPodConditions":null}]}: field is immutable',
  ],
]);
updateRules(jobs, merged(base, indexed({})) as object, [
  ['completions and parallelism together', spec({ completions: 8, parallelism: 8 })],
  [
    'only completions',
    spec({ completions: 8 }),
    'spec.completions: Invalid value: 8: can only be modified in tandem with spec.parallelism',
  ],
]);
updateRules(jobs, suspended, [
  ['where pods run', spec({ template: { spec: node } })],
  ['labels of pods', spec({ template: { metadata: { labels: { a: 'b' } } } })],
  ['what pods get', spec({ template: { spec: resources } })],
]);

describe('a Job', () => {
  test('is given labels and a selector', () =>
    expect(created(jobs, base)).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
        template: {
          metadata: {
            labels: {
              'job-name': 'pi',
              'batch.kubernetes.io/job-name': 'pi',
              'controller-uid': 'u',
              'batch.kubernetes.io/controller-uid': 'u',
            },
          },
        },
      },
      status: {},
    }));
  test.each([
    [
      'its image, even when suspended',
      suspended,
      { containers: [{ ...container, image: 'x' }] },
      /^spec\.template\.spec: Invalid value: \{"Volumes":.*"Image":"x".*: field is immutable$/,
    ],
    [
      'its image',
      base,
      { containers: [{ ...container, image: 'x' }] },
      /^spec\.template: Invalid value: \{"labels":.*"Spec":\{"Volumes":null,.*"Image":"x".*: field is immutable$/,
    ],
    ['where it runs', base, node, /^spec\.template: Invalid value: .*"NodeSelector":\{"zone":"a"\}.*: field is immutable$/],
    [
      'what it gets, once started',
      { ...suspended, $status: status({ startTime: '2026-01-01T00:00:00Z' }) },
      resources,
      /^spec\.template: Invalid value: /,
    ],
  ])('does not change %s', (_name, from, change, message) => {
    const { errors } = updated(jobs, from, spec({ template: { spec: change } }));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
  });
  test('before 1.36, its resources are fixed even when suspended', () => {
    const { object, old } = updated(jobs, suspended, spec({ template: { spec: resources } }));
    const before = jobs.validateUpdate!(object as Job, old as Job, { ...context, config: { ...context.config, minor: 35 } });
    expect(before.map(({ field }) => field)).toEqual(['spec.template']);
  });
  test('many indexes at once are warned of', () =>
    expect(jobs.warnings!(created(jobs, merged(base, indexed({ completions: 100001, parallelism: 10001 }))) as Job, undefined)).toEqual([
      'spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
    ]));
  test('can be found by how many succeeded', () =>
    expect(jobs.selectableFields!(merged(created(jobs, base), status({ succeeded: 3 })) as Job)).toEqual({ 'status.successful': '3' }));
});

const T1 = '2026-01-01T00:00:00Z';
const T2 = '2026-01-01T00:01:00Z';
const is = (...types: string[]): object[] => types.map((type) => ({ type, status: 'True', lastTransitionTime: T1, lastProbeTime: T1 }));
const complete = { conditions: is('SuccessCriteriaMet', 'Complete'), startTime: T1, completionTime: T2, succeeded: 1 };
updateRules(
  jobs,
  base,
  [
    ['running', status({ active: 1, ready: 1, startTime: T1 })],
    ['complete', status(complete)],
    ['failed', status({ conditions: is('FailureTarget', 'Failed'), startTime: T1, failed: 1 })],
    ['a negative count', status({ active: -1 }), `status.active: Invalid value: -1: ${NOT_NEGATIVE}`],
    [
      'complete and failed',
      status({ ...complete, conditions: is('SuccessCriteriaMet', 'Complete', 'Failed') }),
      'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
      'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
      'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions',
    ],
    [
      'complete without reason',
      status({ ...complete, conditions: is('Complete') }),
      'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    ],
    [
      'complete without time',
      status({ ...complete, completionTime: null }),
      'status.completionTime: Required value: completionTime is required for Complete jobs',
    ],
    [
      'complete, never started',
      status({ ...complete, startTime: null }),
      'status.startTime: Required value: startTime is required for finished job',
    ],
    [
      'complete before it began',
      status({ ...complete, startTime: T2, completionTime: T1 }),
      `status.completionTime: Invalid value: "${T1}": must be equal to or after \`startTime\``,
    ],
    [
      'a time of completion, not complete',
      status({ startTime: T1, completionTime: T2 }),
      `status.completionTime: Invalid value: "${T2}": cannot set completionTime when there is no Complete=True condition`,
    ],
    ['complete with pods', status({ ...complete, active: 1 }), 'status.active: Invalid value: 1: active>0 is invalid for finished job'],
    [
      'complete with pods going',
      status({ ...complete, terminating: 1 }),
      'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job',
    ],
    [
      'complete with pods not counted',
      status({ ...complete, uncountedTerminatedPods: { failed: ['a'] } }),
      'status.uncountedTerminatedPods: Invalid value: {"Succeeded":null,"Failed":["a"]}: must be empty for finished job',
    ],
    [
      'pods counted twice',
      status({ uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } }),
      'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
    ],
    ['more ready than running', status({ ready: 1 }), 'status.ready: Invalid value: 1: cannot set more ready pods than active'],
    [
      'indexes without indexes',
      status({ completedIndexes: '0' }),
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
    ],
    [
      'failed indexes without limit',
      status({ failedIndexes: '0' }),
      'status.failedIndexes: Invalid value: "0": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ],
    [
      'good and bad',
      status({ conditions: is('SuccessCriteriaMet', 'FailureTarget') }),
      'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
    ],
  ],
  'status',
);
updateRules(
  jobs,
  merged(base, indexed({ backoffLimitPerIndex: 1 })) as object,
  [
    ['indexes', status({ completedIndexes: '0-2', failedIndexes: '3' })],
    [
      'indexes of none',
      status({ completedIndexes: '9' }),
      'status.completedIndexes: Invalid value: "9": error parsing completedIndexes: too large index: "9"',
    ],
    [
      'indexes of both',
      status({ completedIndexes: '0-2', failedIndexes: '2-3' }),
      'status.failedIndexes: Invalid value: "2-3": failedIndexes and completedIndexes overlap at index: 2',
    ],
  ],
  'status',
);
updateRules(
  jobs,
  { ...base, $status: status(complete) },
  [
    [
      'not complete any more',
      status({ conditions: is('SuccessCriteriaMet'), completionTime: null }),
      'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
    ],
    ['at another time', status({ completionTime: T1 }), `status.completionTime: Invalid value: "${T1}": field is immutable`],
    [
      'started at another time',
      status({ startTime: T2 }),
      `status.startTime: Invalid value: "${T2}": field is immutable for unsuspended job once set`,
    ],
    ['fewer succeeded', status({ succeeded: 0 }), 'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter'],
    [
      'without its reason',
      status({ conditions: is('Complete') }),
      'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
    ],
  ],
  'status',
);

describe('columns of a Job', () => {
  const shown = (change: object): Record<string, unknown> => cells(jobs, merged(base, change) as object);
  test.each([
    [{}, 'Running'],
    [status({ conditions: is('Complete', 'SuccessCriteriaMet') }), 'Complete'],
    [status({ conditions: is('Failed') }), 'Failed'],
    [{ metadata: { deletionTimestamp: T1 }, ...status({ conditions: is('Suspended') }) }, 'Terminating'],
    [status({ conditions: is('Suspended') }), 'Suspended'],
    [status({ conditions: is('FailureTarget') }), 'FailureTarget'],
    [status({ conditions: is('SuccessCriteriaMet') }), 'SuccessCriteriaMet'],
  ])('status %#', (change, want) => expect(shown(change)['Status']).toBe(want));
  test.each([
    [spec({ completions: 3 }), '0/3'],
    [spec({ parallelism: 1 }), '0/1'],
    [spec({ parallelism: 4 }), '0/1 of 4'],
  ])('completions %#', (change, want) => expect(shown(change)['Completions']).toBe(want));
  test('all', () =>
    expect(shown(merged(spec({ manualSelector: true, selector: { matchLabels: { a: 'b' } } }), status(complete)) as object)).toEqual({
      Name: 'pi',
      Status: 'Complete',
      Completions: '1/1',
      Duration: '60s',
      Age: '60s',
      Containers: 'c',
      Images: 'busybox',
      Selector: 'a=b',
    }));
});

const cron = { metadata: { name: 'tick' }, spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } } } };
const jobSpec = (change: object): object => spec({ jobTemplate: { spec: change } });
createRules(cronJobs, cron, [
  ['a descriptor', spec({ schedule: '@daily' })],
  ['a time zone', spec({ timeZone: 'Europe/Berlin' })],
  ['no schedule', spec({ schedule: '' }), 'spec.schedule: Required value'],
  ['four fields', spec({ schedule: '* * * *' }), 'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
  ['hour 25', spec({ schedule: '0 25 * * *' }), 'spec.schedule: Invalid value: "0 25 * * *": end of range (25) above maximum (23): 25'],
  [
    'a zone in the schedule',
    spec({ schedule: 'TZ=UTC 0 0 * * *' }),
    'spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  ['no zone', spec({ timeZone: '' }), 'spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
  ['a zone of Mars', spec({ timeZone: 'Mars/Base' }), 'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
  ['a zone with dots', spec({ timeZone: '../etc' }), 'spec.timeZone: Invalid value: "../etc": unknown time zone ../etc'],
  [
    'here',
    spec({ timeZone: 'Local' }),
    'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
  ],
  [
    'another policy',
    spec({ concurrencyPolicy: 'Maybe' }),
    'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
  ],
  ...(['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const).map(
    (name) => [`a negative ${name}`, spec({ [name]: -1 }), `spec.${name}: Invalid value: -1: ${NOT_NEGATIVE}`] as const,
  ),
  [
    'Jobs with a selector',
    jobSpec({ selector: { matchLabels: { a: 'b' } } }),
    'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
  ],
  [
    'Jobs with a selector of their own',
    jobSpec({ manualSelector: true }),
    'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
  ],
  ['Jobs with negative limits', jobSpec({ backoffLimit: -1 }), `spec.jobTemplate.spec.backoffLimit: Invalid value: -1: ${NOT_NEGATIVE}`],
  [
    'pods that never end',
    jobSpec({ template: { spec: { restartPolicy: 'Always' } } }),
    'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    'a name of 53 characters',
    { metadata: { name: 'a'.repeat(53) } },
    `metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`,
  ],
]);
test('a name of 52 characters is one', () =>
  expect(errorsOfCreate(cronJobs, merged(cron, { metadata: { name: 'a'.repeat(52) } }))).toEqual([]));
defaultRules(cronJobs, [
  [
    'all there are',
    cron,
    {
      spec: {
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: { spec: { template: { spec: { dnsPolicy: 'ClusterFirst' } } } },
      },
    },
  ],
]);
test('columns of a CronJob', () =>
  expect(
    cells(
      cronJobs,
      merged(cron, { spec: { timeZone: 'UTC', suspend: true }, status: { active: [{}, {}], lastScheduleTime: T1 } }) as object,
    ),
  ).toEqual({
    Name: 'tick',
    Schedule: '*/5 * * * *',
    Timezone: 'UTC',
    Suspend: 'True',
    Active: 2,
    'Last Schedule': '60s',
    Age: '60s',
    Containers: 'c',
    Images: 'busybox',
    Selector: '<none>',
  }));
