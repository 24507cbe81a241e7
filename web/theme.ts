// Light or dark: as the system has it, unless it was chosen here.

import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'kubarium.theme';
const saved = localStorage.getItem(KEY);

export const theme = signal<Theme>(saved === 'light' || saved === 'dark' ? saved : 'system');

effect(() => {
  const { value } = theme;
  if (value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
});

export function chooseTheme(value: Theme): void {
  theme.value = value;
  localStorage.setItem(KEY, value);
}
