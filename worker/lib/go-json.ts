// What Go's encoding/json says of a text that is no JSON. JSON.parse decides whether it is; this only finds the words. Mirrors encoding/json/scanner.go.

/** How deep Go's scanner goes. */
const MAX_DEPTH = 10_000;

type Container = 'array' | 'object';

class Problem extends Error {}

/** The message for a text that JSON.parse refused; undefined if Go finds nothing wrong with it. */
export function jsonProblem(bytes: Uint8Array): string | undefined {
  try {
    scan(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

function scan(bytes: Uint8Array): void {
  let at = 0;
  const stack: Container[] = [];

  const peek = (): number => {
    while (at < bytes.length && isSpace(bytes[at]!)) at++;
    if (at >= bytes.length) throw new Problem('unexpected end of JSON input');
    return bytes[at]!;
  };
  const next = (): number => {
    if (at >= bytes.length) throw new Problem('unexpected end of JSON input');
    return bytes[at++]!;
  };
  const refuse = (byte: number, context: string): Problem => new Problem(`invalid character ${quoteByte(byte)} ${context}`);
  const push = (container: Container, byte: number): void => {
    stack.push(container);
    if (stack.length > MAX_DEPTH) throw refuse(byte, 'exceeded max depth');
  };

  const string = (): void => {
    for (;;) {
      const byte = next();
      if (byte === QUOTE) return;
      if (byte < 0x20) throw refuse(byte, 'in string literal');
      if (byte !== BACKSLASH) continue;
      const escape = next();
      if (escape === 0x75) {
        for (let i = 0; i < 4; i++) {
          const digit = next();
          if (!isHex(digit)) throw refuse(digit, 'in \\u hexadecimal character escape');
        }
      } else if (!ESCAPES.has(escape)) throw refuse(escape, 'in string escape code');
    }
  };
  const digits = (context: string): void => {
    const first = next();
    if (!isDigit(first)) throw refuse(first, context);
    while (at < bytes.length && isDigit(bytes[at]!)) at++;
  };
  const number = (first: number): void => {
    let digit = first;
    if (digit === 0x2d) {
      digit = next();
      if (!isDigit(digit)) throw refuse(digit, 'in numeric literal');
    }
    if (digit !== 0x30) while (at < bytes.length && isDigit(bytes[at]!)) at++;
    if (bytes[at] === 0x2e) {
      at++;
      digits('after decimal point in numeric literal');
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at++;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
      digits('in exponent of numeric literal');
    }
  };
  const word = (text: string): void => {
    for (let i = 1; i < text.length; i++) {
      const byte = next();
      if (byte !== text.charCodeAt(i)) throw refuse(byte, `in literal ${text} (expecting '${text[i]}')`);
    }
  };
  const key = (byte: number): void => {
    if (byte !== QUOTE) throw refuse(byte, 'looking for beginning of object key string');
    at++;
    string();
    const colon = peek();
    if (colon !== 0x3a) throw refuse(colon, 'after object key');
    at++;
  };
  /** Reads a scalar, or opens a container. True if a value is complete. */
  const begin = (): boolean => {
    const byte = peek();
    at++;
    if (byte === 0x7b) {
      push('object', byte);
      if (peek() !== 0x7d) {
        key(peek());
        return false;
      }
      at++;
      stack.pop();
    } else if (byte === 0x5b) {
      push('array', byte);
      if (peek() !== 0x5d) return false;
      at++;
      stack.pop();
    } else if (byte === QUOTE) string();
    else if (byte === 0x2d || isDigit(byte)) number(byte);
    else if (byte === 0x74) word('true');
    else if (byte === 0x66) word('false');
    else if (byte === 0x6e) word('null');
    else throw refuse(byte, 'looking for beginning of value');
    return true;
  };

  for (;;) {
    if (!begin()) continue;
    // A value is complete: its containers may be too.
    for (;;) {
      if (!stack.length) {
        while (at < bytes.length && isSpace(bytes[at]!)) at++;
        if (at < bytes.length) throw refuse(bytes[at]!, 'after top-level value');
        return;
      }
      const isArray = stack.at(-1) === 'array';
      const byte = peek();
      at++;
      if (byte === 0x2c) {
        if (!isArray) key(peek());
        break;
      }
      if (byte !== (isArray ? 0x5d : 0x7d)) throw refuse(byte, isArray ? 'after array element' : 'after object key:value pair');
      stack.pop();
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: ReadonlySet<number> = new Set(['"', '\\', '/', 'b', 'f', 'n', 'r', 't'].map((one) => one.charCodeAt(0)));

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isHex = (byte: number): boolean => isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);

/** Go's quoting of one byte, taken for a character. */
function quoteByte(byte: number): string {
  if (byte === 0x27) return `'\\''`;
  if (byte === QUOTE) return `'"'`;
  return `'${goEscape(byte)}'`;
}

const NAMED: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 92: '\\\\' };

function goEscape(byte: number): string {
  const named = NAMED[byte];
  if (named) return named;
  if (byte < 0x20 || byte === 0x7f) return `\\x${byte.toString(16).padStart(2, '0')}`;
  if ((byte >= 0x80 && byte <= 0xa0) || byte === 0xad) return `\\u00${byte.toString(16)}`;
  return String.fromCharCode(byte);
}
