// The console's pictograms: strokes on a grid of 20, in the colour of the text. They say nothing to a screen reader; what they stand for is said beside them.

const PATHS = {
  plus: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5L5 15',
  copy: 'M7 7V4.5A1.5 1.5 0 0 1 8.5 3h7A1.5 1.5 0 0 1 17 4.5v7a1.5 1.5 0 0 1-1.5 1.5H13M4.5 7h7A1.5 1.5 0 0 1 13 8.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 15.5v-7A1.5 1.5 0 0 1 4.5 7Z',
  check: 'M4 10.5l4 4 8-9',
  more: 'M10 4.6v.01M10 10v.01M10 15.4v.01',
  play: 'M6.5 4.5v11l9-5.5Z',
  pause: 'M7 4.5v11M13 4.5v11',
  step: 'M5 4.5v11l7.5-5.5ZM15.5 4.5v11',
  share:
    'M13.5 7l-7 3.5m7 3.5l-7-3.5M16.5 5.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM7.5 10.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM16.5 15a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z',
  terminal: 'M4 5.5l4.5 4.5L4 14.5M10.5 15H16',
  file: 'M5.5 2.5h6l3.5 3.5v11.5h-9.5ZM11 2.5V6.5h4M8 10.5h4.5M8 13.5h4.5',
  trash: 'M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5',
  edit: 'M4 16l.7-3.2L13 4.5l2.5 2.5-8.3 8.3Z',
  fork: 'M6 7v6M6 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM6 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM14 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM14 7v1.5A2.5 2.5 0 0 1 11.5 11H6',
  clock: 'M10 5.5V10l3 2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z',
  user: 'M13 7a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM4 17c.5-3.5 2.8-5 6-5s5.5 1.5 6 5',
  sun: 'M13.5 10a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0ZM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1',
  moon: 'M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5Z',
  system: 'M3 4.5h14v9H3ZM7.5 16.5h5M10 13.5v3',
  download: 'M10 3v9.5m-3.5-3.5L10 12.5 13.5 9M4 16.5h12',
  restart: 'M15.5 8A6 6 0 1 0 16 11M16 4v4h-4',
  search: 'M13.5 13.5L17 17M15 9A6 6 0 1 1 3 9a6 6 0 0 1 12 0Z',
  back: 'M12.5 4L6.5 10l6 6',
  down: 'M5 8l5 5 5-5',
  eye: 'M2 10c2-3.5 4.7-5.3 8-5.3s6 1.8 8 5.3c-2 3.5-4.7 5.3-8 5.3S4 13.5 2 10ZM12.5 10a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z',
  key: 'M9.5 10.5l7-7M14 6l2 2M10.5 13a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0Z',
  block: 'M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0ZM5 15L15 5',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);

/** A cube and its companions in a tank. */
export const Logo = () => (
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
    <path class="glass" d="M16 2.5 27.7 9.2v13.6L16 29.5 4.3 22.8V9.2Z" />
    <path class="water" d="M5.4 16.2c2.6-1.6 5.2-1.6 7.9 0s5.3 1.6 8 0c1.8-1.1 3.5-1.4 5.3-1v7L16 28.2 5.4 22.2Z" />
    <rect class="one" x="9" y="8.6" width="4.6" height="4.6" rx="1.3" />
    <rect class="two" x="17.6" y="10.4" width="4.6" height="4.6" rx="1.3" />
    <rect class="three" x="13.6" y="19.4" width="4.8" height="4.8" rx="1.3" />
  </svg>
);
