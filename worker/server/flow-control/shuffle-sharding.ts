// Which queues a flow's requests may go to: a hand of cards, dealt by the flow's hash, so that two flows seldom share all of their queues. Mirrors apiserver
// pkg/util/shufflesharding and hashFlowID of pkg/util/flowcontrol/apf_controller.go.

import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../../lib/text.ts';

/** 64 bits of the hash of a flow's identity. */
export function hashOfFlow(schema: string, distinguisher: string): bigint {
  const digest = sha256(utf8(`${schema}\0${distinguisher}`));
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0, true);
}

/** `handSize` different cards of [0, deckSize). */
export function deal(hash: bigint, deckSize: number, handSize: number): number[] {
  const places: number[] = [];
  let left = hash;
  for (let i = 0; i < handSize; i++) {
    const size = BigInt(deckSize - i);
    places.push(Number(left % size));
    left /= size;
  }
  // A place is one among the cards that were left: those that were dealt before it are counted in, from the last.
  return places.map((place, i) => {
    let card = place;
    for (let j = i - 1; j >= 0; j--) if (card >= places[j]!) card++;
    return card;
  });
}
