// A backend that keeps its rows in memory: for tests, and for what needs no saving.

import type { Backend, Batch, Compaction, LiveRow, LogRow } from './store.ts';

export class MemoryBackend implements Backend {
  #revision = 0;
  #compactedRevision = 0;
  #log: LogRow[] = [];
  readonly #texts = new Map<number, string>();
  readonly #live = new Map<number, LiveRow>();
  readonly #state = new Map<string, Map<string, string>>();

  load(): { revision: number; compactedRevision: number; live: LiveRow[] } {
    return { revision: this.#revision, compactedRevision: this.#compactedRevision, live: [...this.#live.values()] };
  }

  texts(revisions: readonly number[]): Map<number, string> {
    const out = new Map<number, string>();
    for (const revision of revisions) {
      const text = this.#texts.get(revision);
      if (text !== undefined) out.set(revision, text);
    }
    return out;
  }

  logAfter(revision: number, limit: number): LogRow[] {
    const from = this.#log.findIndex((row) => row.revision > revision);
    return from < 0 ? [] : this.#log.slice(from, from + limit);
  }

  scopes(): string[] {
    return [...this.#state.keys()];
  }

  scanState(scope: string): [key: string, text: string][] {
    return [...(this.#state.get(scope) ?? [])];
  }

  write(batch: Batch): void {
    this.#revision = batch.revision;
    for (const { row, text } of batch.log) {
      this.#log.push(row);
      this.#texts.set(row.revision, text);
    }
    for (const row of batch.live) this.#live.set(row.createRevision, row);
    for (const createRevision of batch.gone) this.#live.delete(createRevision);
    for (const { scope, key, text } of batch.state) {
      let values = this.#state.get(scope);
      if (!values) this.#state.set(scope, (values = new Map()));
      if (text === undefined) values.delete(key);
      else values.set(key, text);
    }
    if (batch.compaction) this.#compact(batch.compaction);
  }

  #compact({ to, superseded }: Compaction): void {
    const kept: LogRow[] = [];
    for (const revision of superseded) this.#texts.delete(revision);
    for (const row of this.#log) {
      if (row.revision > to) {
        kept.push(row);
        continue;
      }
      this.#texts.delete(row.previous);
      if (row.deleted) this.#texts.delete(row.revision);
    }
    this.#log = kept;
    this.#compactedRevision = to;
  }
}
