// What the page that is open is called, in the bar and in the browser's tab.

import { effect, signal } from '@preact/signals';

export const title = signal('');

effect(() => {
  document.title = title.value ? `${title.value} · Kubarium` : 'Kubarium';
});
