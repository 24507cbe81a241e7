import { useEffect, useState } from 'preact/hooks';
import { CallError, front } from '../front/client.ts';
import type { Sandbox } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { bytes } from '../model/time.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Input, Select } from '../parts/field.tsx';
import { explain } from '../parts/toast.tsx';

const KEEP = 'keep';

/** The name of a sandbox, and how long it is to live. */
export function SettingsDialog({ sandbox, onClose, onDone }: { sandbox: Sandbox; onClose(): void; onDone(changed: Sandbox): void }) {
  const t = texts.value;
  const [name, setName] = useState(sandbox.name);
  const [ttl, setTtl] = useState(KEEP);
  const [problem, setProblem] = useState('');
  const [{ usage, limits }, setNow] = useState(sandbox);
  useEffect(() => {
    // What it holds is only said of one that is asked for by itself; without it, the rest can be changed all the same.
    front.sandbox(sandbox.id).then(setNow, () => {});
  }, [sandbox.id]);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const lifetime = ttl === KEEP ? {} : { ttl: ttl || null };
      onDone(await front.changeSandbox(sandbox.id, { ...(name !== sandbox.name && { name }), ...lifetime }));
      onClose();
    } catch (error) {
      setProblem((error instanceof CallError && error.fields.get('name')) || explain(error));
    }
  };
  const lifetimes = [
    [KEEP, t.make.keepLifetime],
    ...(['', '1h', '8h', '24h', '7d'] as const).map((one) => [one, t.lifetimes[one]] as const),
  ] as const;
  return (
    <Dialog title={t.make.change(sandbox.name)} onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <Input
          label={t.fields.name}
          hint={t.make.nameHint}
          problem={problem || undefined}
          value={name}
          required
          autoFocus
          maxLength={63}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Select label={t.fields.lifetime} value={ttl} options={lifetimes} onChoose={setTtl} />
        {usage && limits && (
          <p class="hint">
            {t.make.seed}: <code>{sandbox.seed}</code> · {t.make.holds(usage.objects, limits.objects)} ·{' '}
            {t.make.weighs(bytes(usage.bytes), bytes(limits.bytes))}
          </p>
        )}
        <footer>
          <button type="button" onClick={onClose}>
            {t.actions.cancel}
          </button>
          <button type="submit" class="primary">
            {t.actions.save}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
