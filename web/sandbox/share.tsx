// Links to a sandbox for others: to look, to work in it, or to take a copy.

import { useEffect, useState } from 'preact/hooks';
import { front } from '../front/client.ts';
import type { Mode, ShareLink } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { CodeLine } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Cards, Select } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { attempt } from '../parts/toast.tsx';

const ICONS = { view: 'eye', edit: 'edit', fork: 'fork' } as const;
const MODES = ['view', 'edit', 'fork'] as const;
const LIFETIMES = ['', '1h', '24h', '7d'] as const;

export function ShareDialog({ id, onClose }: { id: string; onClose(): void }) {
  const t = texts.value;
  const [links, setLinks] = useState<readonly ShareLink[] | undefined>(undefined);
  const [mode, setMode] = useState<Mode>('view');
  const [ttl, setTtl] = useState('');
  const [made, setMade] = useState<ShareLink | undefined>(undefined);
  const refresh = async (): Promise<void> => setLinks(await front.links(id));
  useEffect(() => attempt(refresh), [id]);
  const make = (event: Event): void => {
    event.preventDefault();
    attempt(async () => {
      setMade(await front.makeLink(id, mode, ttl || undefined));
      await refresh();
    });
  };
  const revoke = (link: ShareLink): void =>
    attempt(async () => {
      await front.revokeLink(id, link.id);
      if (made?.id === link.id) setMade(undefined);
      await refresh();
    });
  return (
    <Dialog title={t.share.title} onClose={onClose}>
      <form onSubmit={make}>
        <Cards
          label={t.share.mode}
          value={mode}
          onChoose={(one) => setMode(one)}
          options={MODES.map((value) => ({ value, ...t.share.modes[value] }))}
        />
        <Select label={t.share.lifetime} value={ttl} options={LIFETIMES.map((one) => [one, t.share.lifetimes[one]])} onChoose={setTtl} />
        <footer>
          <button type="submit" class="primary">
            {t.share.make}
          </button>
        </footer>
      </form>
      {made?.url && (
        <div class="revealed" role="status">
          <p>{t.share.once}</p>
          <CodeLine text={made.url} />
        </div>
      )}
      {!!links?.length && <h3>{t.share.existing}</h3>}
      <ul class="rows">
        {links?.map((link) => (
          <li key={link.id}>
            <Icon name={ICONS[link.mode]} />
            <span class="grow">
              <strong>{t.share.modes[link.mode].title}</strong>
              <small>
                {t.tokens.made(link.createdAt.slice(0, 16).replace('T', ' '))} ·{' '}
                {link.expiresAt ? t.tokens.ends(link.expiresAt.slice(0, 16).replace('T', ' ')) : t.home.noEnd}
              </small>
            </span>
            <button type="button" class="danger" onClick={() => revoke(link)}>
              {t.actions.revoke}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
