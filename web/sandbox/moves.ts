// Lets tiles be seen to move: whenever the picture has been drawn anew, each tile slides from where it was, a new one grows, one that is gone shrinks where it was.
// Nothing moves for who asked the system for less motion, nor where there are too many to follow: where a tile is, the browser has to work out each time.

import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

const MOST = 300;
const EASE = 'cubic-bezier(.2,.8,.2,1)';
const reduced = matchMedia('(prefers-reduced-motion: reduce)');

interface Place {
  readonly x: number;
  readonly y: number;
  readonly tile: HTMLElement;
}

export function useMoves(root: RefObject<HTMLElement>, isWanted: boolean): void {
  const last = useRef<ReadonlyMap<string, Place> | undefined>(undefined);
  useLayoutEffect(() => {
    const box = root.current;
    const tiles = isWanted && !reduced.matches ? box?.querySelectorAll<HTMLElement>('button.pod:not(.ghost)') : undefined;
    if (!box || !tiles || tiles.length > MOST) {
      last.current = undefined;
      return;
    }
    const before = last.current;
    const now = new Map<string, Place>();
    for (const tile of tiles) now.set(tile.dataset['uid']!, { x: tile.offsetLeft, y: tile.offsetTop, tile });
    last.current = now;
    if (!before) return;
    for (const [uid, { x, y, tile }] of now) {
      const old = before.get(uid);
      if (!old) tile.animate({ transform: ['scale(0)', 'none'], opacity: [0, 1] }, { duration: 320, easing: EASE });
      else if (Math.abs(old.x - x) > 1 || Math.abs(old.y - y) > 1)
        tile.animate({ transform: [`translate(${old.x - x}px, ${old.y - y}px)`, 'none'], zIndex: [2, 2] }, { duration: 520, easing: EASE });
    }
    for (const [uid, place] of before) if (!now.has(uid)) fade(box, place);
  });
}

function fade(box: HTMLElement, { x, y, tile }: Place): void {
  const ghost = tile.cloneNode(true) as HTMLElement;
  ghost.className += ' ghost';
  ghost.removeAttribute('data-uid');
  ghost.setAttribute('aria-hidden', 'true');
  ghost.tabIndex = -1;
  Object.assign(ghost.style, { left: `${x}px`, top: `${y}px` });
  box.append(ghost);
  ghost.animate({ transform: ['none', 'scale(.2)'], opacity: [0.9, 0] }, { duration: 380, easing: 'ease-in' }).onfinish = () =>
    ghost.remove();
}
