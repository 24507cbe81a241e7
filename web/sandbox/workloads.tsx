// Workloads: how much of each is there of what is wanted. Pointing at one shows where its pods are.

import { texts } from '../locales/index.ts';
import { ageOf } from '../model/time.ts';
import type { Workload } from '../model/workload.ts';
import { CodeLine } from '../parts/copy.tsx';
import type { View } from './state.ts';

export function WorkloadList({ view }: { view: View }) {
  const t = texts.value;
  const all = view.workloads.value;
  if (!all.length) {
    const isLoading = view.live.deployments.state.value === 'loading';
    if (isLoading) return <div aria-busy="true" class="skeleton" />;
    return (
      <div class="empty">
        <p>{t.workloads.none}</p>
        {view.mayEdit && <CodeLine text="kubectl create deployment web --image=nginx --replicas=3" />}
      </div>
    );
  }
  return (
    <ul class="workloads">
      {all.map((workload) => (
        <Row key={workload.object.metadata.uid} view={view} workload={workload} />
      ))}
    </ul>
  );
}

const MOST_PIPS = 12;

function Row({ view, workload }: { view: View; workload: Workload }) {
  const { key, object, ready, desired, tone, note } = workload;
  const { metadata, kind } = object;
  const point = (): void => {
    view.pointed.value = key;
  };
  const leave = (): void => {
    view.pointed.value = '';
  };
  const trouble = view.troubles.value.get(key);
  const count = desired === undefined ? String(ready) : `${ready}/${desired}`;
  return (
    <li>
      <button type="button" onClick={() => view.inspect(object)} onMouseEnter={point} onFocus={point} onMouseLeave={leave} onBlur={leave}>
        <span class="what">
          <strong>{metadata.name}</strong>
          <small>
            {kind} · {metadata.namespace} · {ageOf(metadata.creationTimestamp, view.live.time.now.value)}
          </small>{' '}
          {trouble && <small class="trouble">{trouble}</small>}
        </span>
        <span class={`how ${tone}`}>
          <span class="count">{count}</span>
          {note && <small>{note}</small>}
        </span>
        {desired !== undefined && desired > 0 && (
          <span class={`pips ${tone}`} aria-hidden="true">
            {desired <= MOST_PIPS ? (
              Array.from({ length: desired }, (_, i) => <i key={i} class={i < ready ? 'there' : ''} />)
            ) : (
              <i class="meter" style={{ '--part': Math.min(1, ready / desired) }} />
            )}
          </span>
        )}
      </button>
    </li>
  );
}
