// Who I am here: a guest who can become an account, or an account; and the API tokens of scripts.

import { useEffect, useState } from 'preact/hooks';
import { front } from '../front/client.ts';
import { become, me, refreshMe } from '../front/session.ts';
import type { ApiToken } from '../front/types.ts';
import { texts } from '../locales/index.ts';
import { CodeLine } from '../parts/copy.tsx';
import { Input, Notice, Select } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { attempt, explain, toast } from '../parts/toast.tsx';
import { navigate } from '../router.ts';
import { title } from '../title.ts';

export function AccountPage() {
  const t = texts.value;
  const [problem, setProblem] = useState<unknown>(undefined);
  useEffect(() => {
    title.value = texts.value.account.title;
    refreshMe().catch(setProblem);
  }, []);
  const who = me.value;
  if (!who) {
    return (
      <div class="page" aria-busy={problem === undefined}>
        {problem !== undefined && <Notice title={t.account.failed} text={explain(problem)} />}
      </div>
    );
  }
  return (
    <div class="page narrow">
      <header class="page-head">
        <h1>{who.name ?? t.account.guest}</h1>
        {!who.isGuest && (
          <button
            type="button"
            onClick={() =>
              attempt(async () => {
                await front.signOut();
                become(undefined);
                navigate('/');
              })
            }
          >
            {t.account.signOut}
          </button>
        )}
      </header>
      <Credentials isGuest={who.isGuest} />
      <Tokens />
      <Leaving />
    </div>
  );
}

const SURE_MS = 4000;

/** Takes everything along; asks once more. */
function Leaving() {
  const t = texts.value;
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (!isAsking) return undefined;
    const timer = setTimeout(() => setAsking(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [isAsking]);
  const leave = (): void => {
    if (!isAsking) return setAsking(true);
    attempt(async () => {
      await front.deleteMe();
      become(undefined);
      navigate('/');
    });
  };
  return (
    <section class="panel" aria-label={t.account.leave}>
      <h2>{t.account.leave}</h2>
      <p class="hint">{t.account.leaveHint}</p>
      <div class="row">
        <button type="button" class={`danger ${isAsking ? 'sure' : ''}`} onClick={leave}>
          {isAsking ? t.inspector.sure : t.account.leave}
        </button>
      </div>
    </section>
  );
}

type Intent = 'signUp' | 'signIn' | 'change';

function Credentials({ isGuest }: { isGuest: boolean }) {
  const t = texts.value;
  const [intent, setIntent] = useState<Intent>('signUp');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const what = isGuest ? intent : 'change';
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setProblem('');
    try {
      const who =
        what === 'signIn'
          ? await front.signIn(name, password)
          : await front.putAccount(what === 'change' ? me.value!.name! : name, password);
      become(who);
      setPassword('');
      toast(what === 'change' ? t.account.changed : t.account.welcome(who.name ?? ''));
      if (what === 'signIn') navigate('/');
    } catch (error) {
      setProblem(explain(error));
    }
  };
  return (
    <section class="panel" aria-label={t.account[what]}>
      {isGuest && (
        <Tabs
          label={t.account.title}
          tabs={(['signUp', 'signIn'] as const).map((value) => ({ value, label: t.account[value] }))}
          chosen={intent === 'signIn' ? 'signIn' : 'signUp'}
          controls="credentials"
          onChoose={setIntent}
        />
      )}
      {!isGuest && <h2>{t.account.change}</h2>}
      <p class="hint">{t.account.hints[what]}</p>
      <form id="credentials" onSubmit={(event) => void submit(event)}>
        {isGuest && (
          <Input
            label={t.account.name}
            value={name}
            required
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
        <Input
          label={what === 'change' ? t.account.newPassword : t.account.password}
          hint={what === 'signIn' ? undefined : t.account.passwordHint}
          type="password"
          value={password}
          required
          minLength={what === 'signIn' ? 1 : 10}
          autocomplete={what === 'signIn' ? 'current-password' : 'new-password'}
          onInput={({ currentTarget }) => setPassword(currentTarget.value)}
        />
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <footer>
          <button type="submit" class="primary">
            {t.account[what]}
          </button>
        </footer>
      </form>
    </section>
  );
}

function Tokens() {
  const t = texts.value;
  const [tokens, setTokens] = useState<readonly ApiToken[] | undefined>(undefined);
  const [made, setMade] = useState<ApiToken | undefined>(undefined);
  const [name, setName] = useState('');
  const [ttl, setTtl] = useState('');
  const refresh = async (): Promise<void> => setTokens(await front.tokens());
  const who = me.value?.id;
  useEffect(() => attempt(refresh), [who]);
  const make = (event: Event): void => {
    event.preventDefault();
    attempt(async () => {
      setMade(await front.makeToken(name.trim() || t.tokens.unnamed, ttl || undefined));
      setName('');
      await refresh();
    });
  };
  return (
    <section class="panel" aria-label={t.tokens.title}>
      <h2>{t.tokens.title}</h2>
      <p class="hint">{t.tokens.hint}</p>
      <form class="inline" onSubmit={make}>
        <Input
          label={t.tokens.name}
          value={name}
          maxLength={100}
          placeholder={t.tokens.placeholder}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Select
          label={t.fields.lifetime}
          value={ttl}
          options={(['', '24h', '7d'] as const).map((one) => [one, t.lifetimes[one]])}
          onChoose={setTtl}
        />
        <button type="submit">{t.tokens.make}</button>
      </form>
      {made?.token && (
        <div class="revealed" role="status">
          <p>{t.tokens.once}</p>
          <CodeLine text={made.token} />
          <CodeLine text={`curl -s ${location.origin}/api/v1/sandboxes -H 'authorization: Bearer ${made.token}'`} />
        </div>
      )}
      {tokens?.length === 0 && <p class="empty">{t.tokens.none}</p>}
      <ul class="rows">
        {tokens?.map((token) => (
          <li key={token.id}>
            <Icon name="key" />
            <span class="grow">
              <strong>{token.name}</strong>
              <small>
                {t.tokens.made(token.createdAt.slice(0, 10))} · {token.usedAt ? t.tokens.used(token.usedAt) : t.tokens.unused} ·{' '}
                {token.expiresAt ? t.tokens.ends(token.expiresAt.slice(0, 10)) : t.home.noEnd}
              </small>
            </span>
            <button
              type="button"
              class="danger"
              aria-label={t.tokens.revokeOne(token.name)}
              onClick={() =>
                attempt(async () => {
                  await front.revokeToken(token.id);
                  if (made?.id === token.id) setMade(undefined);
                  await refresh();
                })
              }
            >
              {t.actions.revoke}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
