// In which language the console speaks: the browser's if there is a catalog of it, or what was chosen here. A language is one file that has every text of en.ts.

import { signal } from '@preact/signals';
import { en } from './en.ts';

export type Texts = typeof en;

/** Code → its name in itself, and its catalog. */
const LANGUAGES: Readonly<Record<string, { readonly name: string; load(): Promise<Texts> }>> = {
  en: { name: 'English', load: () => Promise.resolve(en) },
  ko: { name: '한국어', load: () => import('./ko.ts').then(({ ko }) => ko) },
};

const CHOSEN = 'kubarium.language';

export const texts = signal<Texts>(en);
export const language = signal('en');
export const languages: readonly { readonly code: string; readonly name: string }[] = Object.entries(LANGUAGES).map(([code, { name }]) => ({
  code,
  name,
}));

export async function speak(code: string, options: { keep?: boolean } = {}): Promise<void> {
  const found = LANGUAGES[code];
  if (!found) return;
  texts.value = await found.load();
  language.value = code;
  document.documentElement.lang = code;
  if (options.keep) localStorage.setItem(CHOSEN, code);
}

/** The best of what the browser asks for. */
export function speakBrowsers(): Promise<void> {
  const wanted = [localStorage.getItem(CHOSEN) ?? '', ...navigator.languages.map((one) => one.split('-')[0]!)];
  return speak(wanted.find((code) => code in LANGUAGES) ?? 'en');
}
