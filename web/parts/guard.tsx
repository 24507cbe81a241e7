// Keeps what could not be drawn from taking the rest of the page with it.

import { Component } from 'preact';
import type { ComponentChildren } from 'preact';
import { texts } from '../locales/index.ts';
import { Notice } from './field.tsx';

export class Guard extends Component<{ readonly children: ComponentChildren }, { problem?: unknown }> {
  override componentDidCatch(problem: unknown): void {
    console.error(problem);
    this.setState({ problem });
  }

  override render({ children }: { readonly children: ComponentChildren }, { problem }: { problem?: unknown }): ComponentChildren {
    if (problem === undefined) return children;
    const t = texts.value;
    return (
      <Notice title={t.errors.broken} text={t.errors.brokenText}>
        <button type="button" class="primary" onClick={() => this.setState({ problem: undefined })}>
          {t.actions.retry}
        </button>
      </Notice>
    );
  }
}
