// What a seat means where one thread does all the work: the requests that hold seats share the server evenly, seat by seat, and each holds its seats until the server
// would have done it. One alone is done at once; the more there are, the longer each takes, and only who asks for more than the server can do fills the seats.
// Differs: a real server's requests hold seats for as long as they happen to take; what one takes here is a figure, so that the same requests at the same times always
// meet the same fate.

/** Somebody who holds seats. */
export interface Occupant {
  readonly seats: number;
  /** How much longer than a plain request it holds them: 1 if not. */
  readonly length: number;
  /** Its time is over. */
  served(now: number): void;
}

interface Place {
  readonly occupant: Occupant;
  /** By the processor's meter. */
  readonly end: number;
}

export class Processor {
  /** In the order of their ends. */
  #places: Place[] = [];
  #first = 0;
  #seats = 0;
  /** Work done for each seat since the beginning, ms. */
  #meter = 0;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** `serviceMs`: what a plain request of one seat takes if it is alone. */
  enter(occupant: Occupant, serviceMs: number): void {
    const end = this.#meter + serviceMs * occupant.length;
    let i = this.#places.length;
    while (i > this.#first && this.#places[i - 1]!.end > end) i--;
    this.#places.splice(i, 0, { occupant, end });
    this.#seats += occupant.seats;
  }

  /** When somebody is done next, ms; Infinity if nobody is there. */
  next(): number {
    const first = this.#places[this.#first];
    return first ? this.#at + (first.end - this.#meter) * this.#seats : Infinity;
  }

  /** Works until `now`; whoever is done is told so, at the time of it. Those who come in meanwhile are worked for, too. */
  run(now: number): void {
    for (let at = this.next(); at <= now; at = this.next()) {
      const { occupant, end } = this.#places[this.#first++]!;
      this.#at = Math.max(this.#at, at);
      this.#meter = end;
      this.#seats -= occupant.seats;
      occupant.served(this.#at);
    }
    if (this.#first > 64 && this.#first * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#first);
      this.#first = 0;
    }
    if (now <= this.#at) return;
    if (this.#seats) this.#meter += (now - this.#at) / this.#seats;
    this.#at = now;
  }
}
