// A new sandbox, with everything that can be chosen about one.

import { useState } from 'preact/hooks';
import { CallError, front } from '../front/client.ts';
import { me } from '../front/session.ts';
import type { NewSandbox, Speed, Template } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Cards, Input, Select } from '../parts/field.tsx';
import { explain } from '../parts/toast.tsx';
import { navigate } from '../router.ts';

const SPEEDS: readonly Speed[] = [1, 10, 60, 'instant', 'paused'];
const LIFETIMES = ['', '1h', '8h', '24h', '7d'] as const;
const VERSIONS = ['1.36', '1.35'] as const;
/** Refusals about these are said at the field. */
const FIELDS = new Set(['name', 'nodes']);

export function MakeDialog({ onClose }: { onClose(): void }) {
  const t = texts.value;
  const [name, setName] = useState('');
  const [template, setTemplate] = useState<Template>('default');
  const [nodes, setNodes] = useState('3');
  const [version, setVersion] = useState<string>('1.36');
  const [speed, setSpeed] = useState('1');
  const [ttl, setTtl] = useState('');
  const [seed, setSeed] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(undefined);
  const fields = problem instanceof CallError ? problem.fields : new Map<string, string>();
  const most = me.value?.limits.nodes ?? 1000;

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    const wanted: NewSandbox = {
      ...(name.trim() && { name: name.trim() }),
      template,
      nodes: Number(nodes),
      version,
      speed: Number(speed) || (speed as Speed),
      ...(ttl && { ttl }),
      ...(seed && { seed }),
    };
    try {
      const made = await front.makeSandbox(wanted);
      navigate(`/sandboxes/${made.id}`);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t.make.title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <Input
          label={t.fields.name}
          hint={t.make.nameHint}
          problem={fields.get('name')}
          value={name}
          placeholder={t.make.namePlaceholder}
          autoFocus
          maxLength={63}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Cards
          label={t.fields.template}
          value={template}
          onChoose={(one) => setTemplate(one)}
          options={(['default', 'bare'] as const).map((value) => ({ value, ...t.templates[value] }))}
        />
        <div class="columns">
          <Input
            label={t.fields.nodes}
            problem={fields.get('nodes')}
            type="number"
            min={1}
            max={most}
            required
            value={nodes}
            onInput={({ currentTarget }) => setNodes(currentTarget.value)}
          />
          <Select
            label={t.fields.version}
            value={version}
            options={VERSIONS.map((one) => [one, `Kubernetes ${one}`])}
            onChoose={setVersion}
          />
          <Select label={t.fields.speed} value={speed} options={SPEEDS.map((one) => [String(one), t.speed(one)])} onChoose={setSpeed} />
          <Select label={t.fields.lifetime} value={ttl} options={LIFETIMES.map((one) => [one, t.lifetimes[one]])} onChoose={setTtl} />
        </div>
        <Input
          label={t.make.seed}
          hint={t.make.seedHint}
          value={seed}
          placeholder={t.make.namePlaceholder}
          maxLength={100}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setSeed(currentTarget.value)}
        />
        {problem !== undefined && ![...fields.keys()].some((field) => FIELDS.has(field)) && (
          <p class="problem" role="alert">
            {explain(problem)}
          </p>
        )}
        <footer>
          <button type="button" onClick={onClose}>
            {t.actions.cancel}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? t.home.making : t.make.submit}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
