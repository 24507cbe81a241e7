// What a process holds. Nobody's program takes the memory that all of a server's sandboxes share: one that holds too much is killed, as the kernel kills what its container has
// no memory for.
// Differs: that is a fixed size, whatever the limit of the container; what programs claim to use (`usage`) is what counts against that.

/** In all: bytes of texts as they are saved, and some for whatever else is kept. */
const MOST_HELD = 16_000_000;
/** One value of a shell, of which an expansion makes copies. */
const MOST_TEXT = 4_000_000;

/** A program wants to hold more than it may. */
export class OutOfMemory extends Error {}

/** Whether what is kept is within bounds. Costs as much as there are values, not as they are long. */
export function isHeldInBounds(kept: unknown): boolean {
  let held = 0;
  const values = [kept];
  for (let value = values.pop(); value !== undefined || values.length; value = values.pop()) {
    if (typeof value === 'string') held += weightOf(value);
    else if (typeof value === 'object' && value !== null) {
      for (const key in value) values.push((value as Record<string, unknown>)[key]);
      held += 16;
    }
    if (held > MOST_HELD) return false;
  }
  return true;
}

const [LONG_TEXT, SAMPLES] = [10_000, 50];

/** About how many bytes a text takes as JSON, where a zero takes six. */
function weightOf(text: string): number {
  if (text.length < LONG_TEXT) return text.length;
  let escaped = 0;
  for (let i = 0; i < SAMPLES; i++) if (text.charCodeAt(Math.floor((i * text.length) / SAMPLES)) < 0x20) escaped++;
  return text.length * (1 + (5 * escaped) / SAMPLES);
}

/** A text, if it may be held. Throws OutOfMemory. */
export function held(text: string): string {
  if (text.length > MOST_TEXT) throw new OutOfMemory();
  return text;
}
