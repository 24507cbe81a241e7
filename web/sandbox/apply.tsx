// Brings objects into the cluster: from YAML, as `kubectl apply --server-side` does, or an addon's.

import { useState } from 'preact/hooks';
import { collectionPath } from '../cluster/discovery.ts';
import { KubeError } from '../cluster/kube.ts';
import { front } from '../front/client.ts';
import { texts } from '../locales/index.ts';
import { documentsOf } from '../model/yaml-text.ts';
import type { Document } from '../model/yaml-text.ts';
import { Dialog } from '../parts/dialog.tsx';
import { explain } from '../parts/toast.tsx';
import { EXAMPLES } from './examples.ts';
import type { View } from './state.ts';
import { indentWithTab } from './yaml.tsx';

interface Outcome {
  readonly what: string;
  readonly problem?: string;
}

/** What worker/cluster/addons has. */
const ADDONS = ['metrics-server', 'ingress-nginx', 'metallb', 'cloud', 'csi-disk'] as const;

/** `id` is of one's own sandbox: only there can addons be switched on. */
export function ApplyDialog({ view, id, onClose }: { view: View; id?: string | undefined; onClose(): void }) {
  const t = texts.value;
  const [text, setText] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const apply = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const done: Outcome[] = [];
    try {
      const documents = documentsOf(text);
      if (!documents.length) done.push({ what: t.apply.nothing, problem: t.apply.nothingText });
      for (const document of documents) done.push(await applyOne(view, document));
    } catch (error) {
      done.push({ what: 'YAML', problem: explain(error) });
    }
    setBusy(false);
    setOutcomes(done);
    if (done.every(({ problem }) => !problem)) setTimeout(onClose, 900);
  };
  const addAddon = async (name: string): Promise<void> => {
    try {
      await front.installAddon(id!, name);
      setOutcomes([{ what: name }]);
    } catch (error) {
      setOutcomes([{ what: name, problem: explain(error) }]);
    }
  };
  return (
    <Dialog title={t.apply.title} wide onClose={onClose}>
      <form onSubmit={(event) => void apply(event)}>
        <div class="row examples" role="group" aria-label={t.apply.examples}>
          <span class="hint">{t.apply.examples}</span>
          {EXAMPLES.map(({ name, yaml }) => (
            <button key={name} type="button" class="chip" onClick={() => setText(yaml)}>
              {name}
            </button>
          ))}
        </div>
        {id && (
          <div class="row examples" role="group" aria-label={t.apply.addons}>
            <span class="hint">{t.apply.addons}</span>
            {ADDONS.map((name) => (
              <button key={name} type="button" class="chip" onClick={() => void addAddon(name)}>
                {name}
              </button>
            ))}
          </div>
        )}
        <textarea
          class="editor"
          aria-label="YAML"
          autoFocus
          spellcheck={false}
          autocapitalize="none"
          placeholder={t.apply.placeholder}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={indentWithTab}
        />
        {outcomes.length > 0 && (
          <ul class="outcomes" role="status">
            {outcomes.map(({ what, problem }, i) => (
              <li key={i} class={problem ? 'problem' : ''}>
                <code>{what}</code> {problem ?? t.apply.applied}
              </li>
            ))}
          </ul>
        )}
        <footer>
          <button type="button" onClick={onClose}>
            {t.actions.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy || !text.trim()}>
            {t.apply.submit}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

async function applyOne(view: View, { text, apiVersion, kind, name, namespace }: Document): Promise<Outcome> {
  const t = texts.value;
  const what = `${kind.toLowerCase() || '?'}/${name || '?'}`;
  if (!apiVersion || !kind) return { what, problem: t.apply.noKind };
  try {
    const found = await view.live.discovery.kindOf({ apiVersion, kind });
    if (!found) return { what, problem: t.apply.unknownKind(kind, apiVersion) };
    const collection = collectionPath(found, namespace || view.namespace.value || 'default');
    if (name) {
      const path = `${collection}/${encodeURIComponent(name)}?fieldManager=kubarium-console&force=true`;
      await view.live.kube.call('PATCH', path, { body: text, type: 'application/apply-patch+yaml' });
    } else await view.live.kube.call('POST', collection, { body: text, type: 'application/yaml' });
    return { what };
  } catch (error) {
    return { what, problem: error instanceof KubeError && error.status ? error.message : explain(error) };
  }
}
