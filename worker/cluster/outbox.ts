// What goes out on open connections during a step waits here until the step is saved: nobody is told what a crash could undo.

import { isStream, isUpgrade } from '../server/http.ts';
import type { Reply, Sink, Socket, SocketSession } from '../server/http.ts';

export class Outbox {
  #waiting: (() => void)[] = [];

  deliver(): void {
    while (this.#waiting.length) {
      const now = this.#waiting;
      this.#waiting = [];
      for (const send of now) send();
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
    if (isStream(reply) && reply.isOfWorld) return { ...reply, open: (sink: Sink) => reply.open(this.#sink(sink)) };
    return reply;
  }

  #socket(socket: Socket): Socket {
    return {
      send: (message) => this.#put(() => socket.send(message)),
      close: (code, reason) => this.#put(() => socket.close(code, reason)),
    };
  }

  #sink(sink: Sink): Sink {
    return {
      write: (chunk) => this.#put(() => sink.write(chunk)),
      close: () => this.#put(() => sink.close()),
      get isReady() {
        return sink.isReady;
      },
      onDrain: (wake) =>
        sink.onDrain(() => {
          wake();
          this.deliver();
        }),
    };
  }

  #put(send: () => void): void {
    this.#waiting.push(send);
  }
}
