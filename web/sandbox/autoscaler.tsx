// What an autoscaler is about: what it measures, between which bounds it sets replicas, and how that goes. Beside itself, and beside what it scales.

import type { HorizontalPodAutoscaler, KubeObject } from '../cluster/kinds.ts';
import { refOf } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { measuresOf, scalersOf, targetOf, wantedReplicas } from '../model/autoscaler.ts';
import { ageOf } from '../model/time.ts';
import { ConditionRows, Row } from './facts.tsx';
import type { View } from './state.ts';

/** Those that set the replicas of an object. */
export function Autoscalers({ view, object }: { view: View; object: KubeObject }) {
  const t = texts.value;
  const now = view.live.time.now.value;
  return (
    <>
      {scalersOf(view.live.autoscalers.items.value, refOf(object)).map((autoscaler) => (
        <section key={autoscaler.metadata.uid}>
          <h3>{t.autoscaler.title}</h3>
          <p class="hint">{t.autoscaler.sets}</p>
          <dl class="list">
            <Row term={t.fields.name}>
              <button type="button" class="link" onClick={() => view.inspect(refOf(autoscaler))}>
                {autoscaler.metadata.name}
              </button>
            </Row>
            <Bounds autoscaler={autoscaler} now={now} />
          </dl>
          <Measures autoscaler={autoscaler} />
          <ConditionRows conditions={autoscaler.status.conditions} now={now} />
        </section>
      ))}
    </>
  );
}

export function AutoscalerFacts({ view, autoscaler }: { view: View; autoscaler: HorizontalPodAutoscaler }) {
  const target = targetOf(autoscaler);
  return (
    <>
      <Row term={texts.value.autoscaler.scales}>
        <button type="button" class="link" onClick={() => view.inspect(target)}>
          {target.kind.toLowerCase()}/{target.name}
        </button>
      </Row>
      <Bounds autoscaler={autoscaler} now={view.live.time.now.value} />
    </>
  );
}

export function Metrics({ autoscaler }: { autoscaler: HorizontalPodAutoscaler }) {
  return (
    <section>
      <h3>{texts.value.autoscaler.metrics}</h3>
      <Measures autoscaler={autoscaler} />
    </section>
  );
}

function Bounds({ autoscaler, now }: { autoscaler: HorizontalPodAutoscaler; now: number }) {
  const t = texts.value;
  const { spec, status } = autoscaler;
  const { currentReplicas = 0, lastScaleTime } = status;
  return (
    <>
      <Row term={t.inspector.replicas}>
        {t.autoscaler.replicas(currentReplicas, wantedReplicas(autoscaler), spec.minReplicas ?? 1, spec.maxReplicas)}
      </Row>
      {lastScaleTime && (
        <Row term={t.autoscaler.last}>
          <span title={lastScaleTime}>{t.autoscaler.ago(ageOf(lastScaleTime, now))}</span>
        </Row>
      )}
    </>
  );
}

const Measures = ({ autoscaler }: { autoscaler: HorizontalPodAutoscaler }) => (
  <ul class="rows">
    {measuresOf(autoscaler).map(({ name, current, target }, i) => (
      <li key={i}>
        <strong class="grow">{name}</strong>
        <span>
          {current || texts.value.autoscaler.unknown} / {target}
        </span>
      </li>
    ))}
  </ul>
);
