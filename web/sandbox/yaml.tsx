// An object's YAML as the API server prints it, to read and to change.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { KubeObject, ObjectRef } from '../cluster/kinds.ts';
import { texts } from '../locales/index.ts';
import { withoutManagedFields, yamlParts } from '../model/yaml-text.ts';
import { CopyButton } from '../parts/copy.tsx';
import { explain, toast } from '../parts/toast.tsx';
import type { View } from './state.ts';

export function YamlPane({ view, object, of }: { view: View; object: KubeObject; of: ObjectRef }) {
  const t = texts.value;
  const [text, setText] = useState<string | undefined>(undefined);
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const [problem, setProblem] = useState('');
  const { resourceVersion } = object.metadata;
  /** Of what is being changed. */
  const generation = useRef<number | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    const load = async (): Promise<void> => {
      const full = await view.live.kube.yaml(await view.live.discovery.pathOf(of));
      if (!isGone) setText(withoutManagedFields(full));
    };
    load().catch((error: unknown) => setProblem(explain(error)));
    return () => {
      isGone = true;
    };
  }, [view, of, resourceVersion]);
  const save = async (): Promise<void> => {
    try {
      const path = await view.live.discovery.pathOf(of);
      // While somebody writes, the status goes on changing. As long as what they write about is the same, that is no conflict.
      const { metadata } = await view.live.kube.json<KubeObject>('GET', path);
      const isSame = metadata.generation !== undefined && metadata.generation === generation.current;
      const body = isSame ? draft!.replace(/^( {2}resourceVersion: ).*$/m, `$1"${metadata.resourceVersion}"`) : draft!;
      await view.live.kube.call('PUT', path, { body, type: 'application/yaml' });
      setDraft(undefined);
      setProblem('');
      toast(t.inspector.saved);
    } catch (error) {
      setProblem(explain(error));
    }
  };
  /** Begins with what is there now: what is shown may be a moment old. */
  const edit = async (): Promise<void> => {
    try {
      const now = withoutManagedFields(await view.live.kube.yaml(await view.live.discovery.pathOf(of)));
      generation.current = Number(/^ {2}generation: (\d+)$/m.exec(now)?.[1] ?? Number.NaN);
      setDraft(now);
    } catch (error) {
      setProblem(explain(error));
    }
  };
  const isEditing = draft !== undefined;
  return (
    <div class="yaml">
      <div class="row">
        {isEditing ? (
          <>
            <button type="button" class="primary" onClick={() => void save()}>
              {t.actions.save}
            </button>
            <button
              type="button"
              onClick={() => {
                setDraft(undefined);
                setProblem('');
              }}
            >
              {t.actions.cancel}
            </button>
          </>
        ) : (
          <>
            {view.mayEdit && (
              <button type="button" disabled={text === undefined} onClick={() => void edit()}>
                {t.actions.edit}
              </button>
            )}
            {text !== undefined && <CopyButton text={text} label={t.actions.copy} />}
          </>
        )}
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {isEditing ? (
        <textarea
          class="editor"
          aria-label="YAML"
          spellcheck={false}
          autocapitalize="none"
          value={draft}
          onInput={({ currentTarget }) => setDraft(currentTarget.value)}
          onKeyDown={indentWithTab}
        />
      ) : (
        <pre class="code-block" tabIndex={0} aria-label="YAML">
          {text !== undefined && <Highlighted text={text} />}
        </pre>
      )}
    </div>
  );
}

const Highlighted = ({ text }: { text: string }) => (
  <>
    {yamlParts(text).map(({ kind, text: part }, i) => (
      <span key={i} class={kind}>
        {part}
      </span>
    ))}
  </>
);

/** Escape, then Tab leaves; Tab alone indents. */
export function indentWithTab(event: KeyboardEvent): void {
  const area = event.currentTarget as HTMLTextAreaElement;
  if (event.key === 'Escape') {
    area.dataset['leaving'] = '1';
    event.stopPropagation();
    return;
  }
  if (event.key !== 'Tab' || event.shiftKey || area.dataset['leaving']) {
    delete area.dataset['leaving'];
    return;
  }
  event.preventDefault();
  area.setRangeText('  ', area.selectionStart, area.selectionEnd, 'end');
  area.dispatchEvent(new Event('input', { bubbles: true }));
}
