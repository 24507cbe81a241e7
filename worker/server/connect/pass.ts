// Passes on what comes, as fast as it is read: a followed log, the answer of a server behind a proxy.

import { bytesOfChars } from '../../lib/text.ts';
import type { Sink } from '../http.ts';

interface Listener {
  /** There is more to read. */
  more(): void;
  /** What there is now is all. */
  ended(): void;
}

/** Something that is read as it comes. */
export type Source = (listener: Listener) => {
  /** What came since the last time: bytes, as characters 0 to 255. */
  read(): string;
  /** Nothing more will come, or is wanted. */
  readonly isFull: boolean;
  stop(): void;
};

/** Gives what stops it. */
export function pass(source: Source, sink: Sink): () => void {
  let hasEnded = false;
  let waits = false;
  const more = (): void => {
    if (waits) return;
    if (!sink.isReady) {
      waits = true;
      sink.onDrain(() => {
        waits = false;
        more();
      });
      return;
    }
    const text = reader.read();
    if (text) sink.write(bytesOfChars(text));
    if (!hasEnded && !reader.isFull) return;
    reader.stop();
    sink.close();
  };
  const reader = source({
    more,
    ended: () => {
      hasEnded = true;
      more();
    },
  });
  more();
  return () => reader.stop();
}
