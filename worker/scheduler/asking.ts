// Courses of things that have to ask servers, though nothing here waits: what is to be asked is given out, and the course goes on when all answers are there.
// Differs: upstream's scheduler stands still meanwhile; here the cluster goes on, and an eviction lets the course begin anew.

import type { ExternalAnswer, ExternalRequest } from '../api/admission.ts';

/** Gives what it asks, all at once, and goes on with the answers, in the same order. */
export type Asking<T> = Generator<readonly ExternalRequest[], T, readonly ExternalAnswer[]>;

interface Course {
  readonly steps: Asking<void>;
  readonly requests: readonly ExternalRequest[];
  readonly answers: (ExternalAnswer | undefined)[];
}

export class Courses {
  readonly #open = new Map<string, Course>();
  readonly #serial: { next: number };
  readonly #ask: (course: string, question: number) => void;

  /** `ask` is to see to it that `answer` is called for a question. `serial` tells questions apart, also those of an earlier course of the same name. */
  constructor(serial: { next: number }, ask: (course: string, question: number) => void) {
    this.#serial = serial;
    this.#ask = ask;
  }

  has(name: string): boolean {
    return this.#open.has(name);
  }

  /** Goes as far as it goes. */
  begin(name: string, steps: Asking<void>): void {
    this.#go(name, steps, []);
  }

  /** `call` gives the answer to a question, or throws. */
  answer(name: string, question: number, call: (request: ExternalRequest) => ExternalAnswer): void {
    const course = this.#open.get(name);
    const request = course?.requests[question];
    if (!course || !request || course.answers[question]) return;
    course.answers[question] = call(request);
    const answers = course.answers.filter((answer) => answer !== undefined);
    if (answers.length < course.requests.length) return;
    this.#open.delete(name);
    this.#go(name, course.steps, answers);
  }

  drop(name: string): void {
    this.#open.delete(name);
  }

  #go(name: string, steps: Asking<void>, answers: readonly ExternalAnswer[]): void {
    const { done, value } = steps.next(answers);
    if (done) return;
    const requests = value.map((request) => ({ ...request, key: `scheduler ${this.#serial.next++}` }));
    this.#open.set(name, { steps, requests, answers: Array.from(requests, () => undefined) });
    for (const question of requests.keys()) this.#ask(name, question);
  }
}
