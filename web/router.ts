// Which page is shown: the address's path, as a signal.

import { signal } from '@preact/signals';

export const path = signal(location.pathname);

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname) return;
  history[options.replace ? 'replaceState' : 'pushState'](null, '', to);
  path.value = location.pathname;
  scrollTo(0, 0);
  // Whoever goes by keyboard or ear begins at the new page's content.
  document.getElementById('main')?.focus({ preventScroll: true });
}

addEventListener('popstate', () => {
  path.value = location.pathname;
});

/** Links within the console do not load the page anew. */
addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.('a');
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download') || link.pathname === '/docs') return;
  event.preventDefault();
  navigate(link.pathname);
});

/** `/sandboxes/:id` against the path: its parameters, or undefined. */
export function match(pattern: string, given: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const parts = given.replace(/(.)\/$/, '$1').split('/');
  if (wanted.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = parts[i]!;
    else if (part !== parts[i]) return undefined;
  }
  return params;
}
