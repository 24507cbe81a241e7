// What goes out on open connections during a step waits here until the step is saved: nobody is told what a crash could undo.

import { isStream, isUpgrade } from '../server/http.ts';
import type { Reply, Sink, Socket, SocketSession } from '../server/http.ts';

export class Outbox {
  #waiting: (() => void)[] = [];
  #isDelivering = false;

  /** What is sent may be a step of its own, whose words come after those that are on their way. */
  deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      for (let i = 0; i < this.#waiting.length; i++) this.#waiting[i]!();
    } finally {
      this.#waiting = [];
      this.#isDelivering = false;
    }
  }

  /** A reply whose connection lives on: what comes in is a step of its own (`step`), what goes out waits for its end. */
  wrap(reply: Reply, step: (work: () => void) => void): Reply {
    if (isUpgrade(reply)) {
      if (!reply.isOfWorld) return reply;
      return {
        ...reply,
        open: (socket: Socket) => {
          let session: SocketSession | undefined;
          step(() => {
            session = reply.open(this.#socket(socket));
          });
          return {
            message: (data: Uint8Array) => step(() => session?.message(data)),
            closed: () => step(() => session?.closed()),
          };
        },
      };
    }
    if (!isStream(reply) || !reply.isOfWorld) return reply;
    return {
      ...reply,
      open: (sink: Sink) => {
        let stop = (): void => {};
        step(() => {
          stop = reply.open(this.#sink(sink, step));
        });
        return () => step(stop);
      },
    };
  }

  #socket(socket: Socket): Socket {
    return {
      send: (message) => this.#put(() => socket.send(message)),
      close: (code, reason) => this.#put(() => socket.close(code, reason)),
    };
  }

  #sink(sink: Sink, step: (work: () => void) => void): Sink {
    return {
      write: (chunk) => this.#put(() => sink.write(chunk)),
      close: () => this.#put(() => sink.close()),
      get isReady() {
        return sink.isReady;
      },
      onDrain: (wake) => sink.onDrain(() => step(wake)),
    };
  }

  #put(send: () => void): void {
    this.#waiting.push(send);
  }
}
