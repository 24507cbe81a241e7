// Any kind the API server has, as the table that kubectl would print.

import { useEffect, useRef, useState } from 'preact/hooks';
import { apiVersionOf, collectionPath } from '../cluster/discovery.ts';
import type { Kind } from '../cluster/discovery.ts';
import type { ObjectRef } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { ageOf } from '../model/time.ts';
import { explain } from '../parts/toast.tsx';
import type { View } from './state.ts';

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly type: string; readonly priority: number }[];
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object: { readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string } };
  }[];
}

const ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io';
/** A list that is looked at is asked for again so often. */
const REFRESH_MS = 1500;
const AGES = new Set(['Age', 'Last Seen', 'Created At']);

export function ObjectTable({ view }: { view: View }) {
  const t = texts.value;
  const [kinds, setKinds] = useState<readonly Kind[]>([]);
  const [chosen, setChosen] = useState('services');
  const [table, setTable] = useState<Table | undefined>(undefined);
  const [problem, setProblem] = useState('');
  const asked = useRef(0);
  useEffect(() => {
    view.live.discovery
      .kinds({ fresh: true })
      .then((all) => setKinds(uniqueKinds(all)))
      .catch((error: unknown) => setProblem(explain(error)));
  }, [view]);
  const kind = kinds.find((one) => idOf(one) === chosen) ?? kinds.find(({ resource }) => resource === chosen);
  const namespace = view.namespace.value;
  useEffect(() => {
    if (!kind) return undefined;
    let isGone = false;
    const load = async (): Promise<void> => {
      const turn = (asked.current += 1);
      try {
        const response = await view.live.kube.call('GET', `${collectionPath(kind, namespace)}?limit=500`, { accept: ACCEPT });
        const found = (await response.json()) as Table;
        if (isGone || turn !== asked.current) return;
        setTable(found);
        setProblem('');
      } catch (error) {
        if (!isGone) setProblem(explain(error));
      }
    };
    setTable(undefined);
    void load();
    const timer = setInterval(() => !document.hidden && void load(), REFRESH_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [kind, namespace, view]);
  const columns = (table?.columnDefinitions ?? []).map((column, at) => ({ ...column, at })).filter(({ priority }) => priority === 0);
  const now = view.live.time.now.value;
  const refOfRow = (row: Table['rows'][number]): ObjectRef => ({
    apiVersion: apiVersionOf(kind!),
    kind: kind!.kind,
    namespace: row.object.metadata.namespace ?? '',
    name: row.object.metadata.name,
  });
  return (
    <div class="objects">
      <select aria-label={t.objects.kind} value={kind ? idOf(kind) : ''} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
        {[...Map.groupBy(kinds, ({ group }) => group)].map(([group, members]) => (
          <optgroup key={group} label={group || 'core'}>
            {members.map((one) => (
              <option key={idOf(one)} value={idOf(one)}>
                {one.resource}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {table?.rows.length === 0 && <p class="empty">{t.objects.none}</p>}
      {!!table?.rows.length && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                {kind?.namespaced && !namespace && <th scope="col">{t.sandbox.namespace}</th>}
                {columns.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row) => (
                <tr key={row.object.metadata.uid}>
                  {kind?.namespaced && !namespace && <td>{row.object.metadata.namespace}</td>}
                  {columns.map(({ name, type, at }) => (
                    <td key={name}>
                      {at === 0 ? (
                        <button type="button" class="link" onClick={() => view.inspect(refOfRow(row))}>
                          {row.object.metadata.name}
                        </button>
                      ) : (
                        cellText(row.cells[at], type === 'date' || AGES.has(name), now)
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

const idOf = ({ group, resource }: Kind): string => (group ? `${resource}.${group}` : resource);

/** One version of each that can be listed, by name within its group. */
function uniqueKinds(all: readonly Kind[]): Kind[] {
  const seen = new Map<string, Kind>();
  for (const kind of all) if (kind.verbs.includes('list') && !seen.has(idOf(kind))) seen.set(idOf(kind), kind);
  return [...seen.values()].sort((a, b) => (a.group === b.group ? (a.resource < b.resource ? -1 : 1) : a.group < b.group ? -1 : 1));
}

function cellText(value: unknown, isTime: boolean, now: number): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
  return isTime && /^\d{4}-\d\d-\d\dT/.test(text) ? ageOf(text, now) : text;
}
