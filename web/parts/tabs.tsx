// Tabs: one of them is chosen and in the way of the Tab key; arrow keys go to the others.

import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface Tab<T extends string> {
  readonly value: T;
  readonly label: ComponentChildren;
}

interface Props<T extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<T>[];
  readonly chosen: T;
  /** The id of what they show. */
  readonly controls: string;
  onChoose(value: NoInfer<T>): void;
}

export const tabId = (controls: string, value: string): string => `${controls}-tab-${value}`;

export function Tabs<T extends string>({ label, tabs, chosen, controls, onChoose }: Props<T>) {
  const root = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ value }) => value === chosen);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChoose(tabs[next % tabs.length]!.value);
    root.current?.querySelectorAll<HTMLElement>('[role=tab]')[next % tabs.length]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={root} onKeyDown={onKeyDown}>
      {tabs.map(({ value, label: text }) => (
        <button
          key={value}
          id={tabId(controls, value)}
          type="button"
          role="tab"
          aria-selected={value === chosen}
          aria-controls={controls}
          tabIndex={value === chosen ? 0 : -1}
          onClick={() => onChoose(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
