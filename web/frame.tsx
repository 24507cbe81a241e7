// What is around every page: the bar on top, toasts, and the choice of the page by the address.

import { computed, signal } from '@preact/signals';
import { Guard } from './parts/guard.tsx';
import { Icon, Logo } from './parts/icon.tsx';
import { Menu } from './parts/menu.tsx';
import { Toasts } from './parts/toast.tsx';
import { me, refreshMe } from './front/session.ts';
import { language, languages, speak, texts } from './locales/index.ts';
import { AccountPage } from './pages/account.tsx';
import { HomePage } from './pages/home.tsx';
import { MissingPage } from './pages/missing.tsx';
import { SandboxPage } from './pages/sandbox.tsx';
import { SharedPage } from './pages/shared.tsx';
import { match, navigate, path } from './router.ts';
import { chooseTheme, theme } from './theme.ts';
import { title } from './title.ts';

const isOnline = signal(navigator.onLine);
addEventListener('online', () => (isOnline.value = true));
addEventListener('offline', () => (isOnline.value = false));

const page = computed(() => {
  const at = path.value;
  if (at === '/') return <HomePage />;
  if (at === '/account') return <AccountPage />;
  const sandbox = match('/sandboxes/:id', at);
  if (sandbox) return <SandboxPage key={sandbox['id']} id={sandbox['id']!} />;
  const shared = match('/s/:token', at);
  if (shared) return <SharedPage key={shared['token']} token={shared['token']!} />;
  return <MissingPage />;
});

export function Frame() {
  const t = texts.value;
  return (
    <>
      <a class="skip" href="#main" onClick={() => document.getElementById('main')?.focus()}>
        {t.frame.skip}
      </a>
      <header class="bar">
        <a href="/" class="brand">
          <Logo />
          <span>Kubarium</span>
        </a>
        {title.value && <span class="crumb">{title.value}</span>}
        <span class="grow" />
        <a class="plain wide-only" href="/docs">
          {t.frame.api}
        </a>
        <ThemeMenu />
        <LanguageMenu />
        <WhoMenu />
      </header>
      {!isOnline.value && (
        <p class="banner" role="status">
          {t.frame.offline}
        </p>
      )}
      <main id="main" tabIndex={-1}>
        <Guard key={path.value}>{page.value}</Guard>
      </main>
      <Toasts />
    </>
  );
}

function ThemeMenu() {
  const t = texts.value;
  const choices = (['system', 'light', 'dark'] as const).map((one) => ({
    label: t.frame.themes[one],
    icon: ({ system: 'system', light: 'sun', dark: 'moon' } as const)[one],
    isChosen: theme.value === one,
    run: () => chooseTheme(one),
  }));
  return (
    <Menu label={t.frame.theme} choices={choices}>
      <Icon name={theme.value === 'dark' ? 'moon' : theme.value === 'light' ? 'sun' : 'system'} />
    </Menu>
  );
}

function LanguageMenu() {
  const choices = languages.map(({ code, name }) => ({
    label: name,
    isChosen: language.value === code,
    run: () => void speak(code, { keep: true }),
  }));
  return (
    <Menu label={texts.value.frame.language} choices={choices} class="quiet">
      <span class="code">{language.value.toUpperCase()}</span>
    </Menu>
  );
}

function WhoMenu() {
  const t = texts.value;
  if (!me.value && path.value === '/account') void refreshMe().catch(() => {});
  return (
    <button type="button" class="quiet" aria-label={t.frame.account} title={t.frame.account} onClick={() => navigate('/account')}>
      <Icon name="user" />
      <span class="wide-only">{me.value?.name ?? t.frame.guest}</span>
    </button>
  );
}
