import { pods } from '../../../../worker/resources/core/pod.ts';
import { messagesOf, ruleContext, shortened } from './given.ts';
import { podOf, storedPod } from './pods.ts';
import { describeRules } from './rule-tables.ts';

describeRules('pod', ({ changes }) => {
  const pod = podOf(changes);
  const context = ruleContext();
  pods.prepareForCreate!(pod, context);
  return shortened(messagesOf(pods.validate!(pod, context)));
});

describeRules('pod-update', ({ was, changes }) => {
  const [old, pod] = [storedPod(was), podOf(changes)];
  const context = ruleContext();
  pods.prepareForUpdate!(pod, old, context);
  return shortened(messagesOf(pods.validateUpdate!(pod, old, context)));
});

describeRules('pod-warnings', ({ changes }) => {
  const pod = podOf(changes);
  const context = ruleContext();
  pods.prepareForCreate!(pod, context);
  return [...context.warnings, ...pods.warnings!(pod, undefined)].map((one) => shortened([one])[0]!);
});

for (const part of ['status', 'resize', 'ephemeralcontainers']) {
  describeRules(`pod-${part}`, ({ was, changes }) => {
    const [old, pod] = [storedPod(was), podOf(changes)];
    // What an earlier write of the status left.
    for (const one of [old, pod]) Object.assign(one.status, (one === old ? podOf(was) : podOf(changes)).status);
    const subresource = pods.subresources[part];
    if (subresource?.type !== 'object') throw new Error(`${part} is no part of a pod`);
    subresource.prepareForUpdate!(pod, old, ruleContext());
    return shortened(messagesOf(subresource.validateUpdate!(pod, old, ruleContext())));
  });
}
