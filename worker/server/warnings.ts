// Warning headers, RFC 7234 5.5: how sentences are quoted, and how much of them a client gets. Mirrors apimachinery pkg/util/net and apiserver
// pkg/endpoints/filters/warning.go.

const MAX_RUNES = 4 * 1024;
const MAX_RUNES_EACH = 256;

/** A header value for each sentence. Too many are cut short, each of them, and then left out. */
export function warningHeaders(sentences: readonly string[]): string[] {
  const whole = [...new Set(sentences)].filter((one) => one !== '' && !hasControls(one)).map((one) => [...one]);
  const fits = whole.reduce((sum, runes) => sum + runes.length, 0) <= MAX_RUNES;
  const cut = fits ? whole : whole.map((runes) => runes.slice(0, MAX_RUNES_EACH));
  let written = 0;
  const out: string[] = [];
  for (const runes of cut) {
    if (!fits && written >= MAX_RUNES) break;
    written += runes.length;
    out.push(`299 - "${runes.join('').replace(/[\\"]/g, '\\$&')}"`);
  }
  return out;
}

const hasControls = (text: string): boolean => /\p{Cc}/u.test(text);
