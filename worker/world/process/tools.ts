// Tools whose library answers with a promise. A process that uses one waits; the tool runs between two steps, one after the other in the order in which they were asked, and
// what it did enters the world at once, as an input. After an eviction the process simply asks again.

/** What a tool did. */
export interface ToolResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  /** Files that it wrote or removed (null), by their absolute paths. */
  readonly files: readonly (readonly [path: string, content: string | null])[];
}

interface Job {
  readonly id: string;
  readonly namespace: string;
  run(): Promise<ToolResult | undefined>;
}

export class Tools {
  readonly #queue: Job[] = [];
  readonly #results = new Map<string, ToolResult>();
  readonly #waiting = new Set<string>();

  /** Asks for a tool to be run for a process of a namespace. No id may be used twice. Undefined: there is nothing for the process to take. */
  ask(id: string, namespace: string, run: () => Promise<ToolResult | undefined>): void {
    this.#queue.push({ id, namespace, run });
    this.#waiting.add(id);
  }

  /** True also for what nobody knows any more: its process will ask again. */
  isDone(id: string): boolean {
    return !this.#waiting.has(id);
  }

  take(id: string): ToolResult | undefined {
    const result = this.#results.get(id);
    this.#results.delete(id);
    return result;
  }

  get isBusy(): boolean {
    return this.#queue.length > 0;
  }

  /** Runs the first tool of the queue. Gives the namespace that waited for it. */
  async runNext(): Promise<string | undefined> {
    const job = this.#queue[0];
    if (!job) return undefined;
    let result: ToolResult | undefined;
    try {
      result = await job.run();
    } catch (error) {
      result = { stdout: '', stderr: `${error instanceof Error ? error.message : String(error)}\n`, code: 1, files: [] };
    }
    this.#queue.shift();
    if (result) this.#results.set(job.id, result);
    this.#waiting.delete(job.id);
    return job.namespace;
  }
}
