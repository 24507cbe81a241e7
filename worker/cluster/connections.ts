// The connections that are open: watches, followed logs, terminals. Each is known by the way its holder came in, so that it ends when that way is closed.

export class Connections {
  readonly #byVia = new Map<string, Set<() => void>>();

  /** `end` is called once at most. Gives what is to be called when the connection has ended by itself. */
  add(via: string, end: () => void): () => void {
    let ends = this.#byVia.get(via);
    if (!ends) this.#byVia.set(via, (ends = new Set()));
    ends.add(end);
    return () => {
      ends.delete(end);
      if (!ends.size && this.#byVia.get(via) === ends) this.#byVia.delete(via);
    };
  }

  /** Ends those that came in one way, or all. */
  end(via?: string): void {
    for (const [name, ends] of [...this.#byVia]) {
      if (via !== undefined && name !== via) continue;
      this.#byVia.delete(name);
      for (const end of ends) end();
    }
  }

  get count(): number {
    let count = 0;
    for (const ends of this.#byVia.values()) count += ends.size;
    return count;
  }
}
