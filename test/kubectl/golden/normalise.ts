// What is not the same from run to run is replaced by what it is: ages by <AGE>, UIDs by <UID>, names of nodes by <NODE1> … in the order in which they come. Done to what
// was recorded, too; hence a value that a case spells out stays.

/** The letters that random names are made of. */
const SAFE = '[bcdfghjklmnpqrstvwxz2456789]';

export interface Names {
  readonly namespace: string;
  /** The case's text. */
  readonly source: string;
  /** The server's address, with its scheme and without. */
  readonly servers: readonly string[];
  readonly nodes: readonly string[];
}

export function makeNormaliser({ namespace, source, servers, nodes }: Names): (text: string) => string {
  const isSpelled = (value: string): boolean => source.includes(value);
  const unlessSpelled = (name: string) => (value: string) => (isSpelled(value) ? value : name);
  const numbers = new Map<string, number>();
  const numberOf = (name: string): string => {
    if (!numbers.has(name)) numbers.set(name, numbers.size + 1);
    return `<NODE${numbers.get(name)}>`;
  };
  const rules: (readonly [RegExp, string | ((value: string, ...groups: string[]) => string)])[] = [
    ...servers.map((server) => [literal(server), '<SERVER>'] as const),
    [/^[IWEF]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] /gm, ''],
    // kubectl says so, or not, by whether its own time limit of a second ended its watch a moment before or after a second.
    [/^k8s\.io\/client-go\/tools\/watch\/informerwatcher\.go:\d+: .*very short watch.*\n/gm, ''],
    [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<TOKEN>'],
    [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<UID>'],
    [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, unlessSpelled('<TIME>')],
    [
      /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} UTC|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g,
      '<TIME>',
    ],
    [/(resourceVersion"?[:=] ?"?)\d+/g, '$1<RV>'],
    [/https:\/\/kubernetes\.default\.svc(?:\.[\w.]+)?/g, '<ISSUER>'],
    [/(Invalid value: )(?:\[\])?\w+\.\w+\{.*\(\*.*\}: /g, '$1<STRUCT>: '],
    [/(range of valid IPs is )\S+/g, '$1<CIDR>'],
    [/("?continue"?: ?"?)[\w-]{20,}/g, '$1<TOKEN>'],
    [/(Too large resource version: )\d+, current: \d+/g, '$1<RV>'],
    [/([Rr]esource [Vv]ersion: +|resource version to be \d+, was )\d+(?: \(\d+\))?/g, '$1<RV>'],
    ...(nodes.length ? [[new RegExp(`\\b(?:${nodes.map(escaped).join('|')})\\b`, 'g'), numberOf] as const] : []),
    [new RegExp(`(hash["']?[=:] ?"?)${SAFE}{8,10}\\b`, 'g'), '$1<HASH>'],
    [
      new RegExp(`-(?=[a-z]*\\d|[^aeiouy]{8})(${SAFE}{8,10}|\\d{8})(-${SAFE}{5})?(?![\\w<-])`, 'g'),
      (_all, _hash, random) => (random ? '-<HASH>-<RAND>' : '-<HASH>'),
    ],
    [new RegExp(`-(?!https\\b)(${SAFE}{5})(?![\\w<-])`, 'g'), unlessSpelled('-<RAND>')],
    [/\.[0-9a-f]{16}\b/g, '.<HASH>'],
    [/\b0xc[0-9a-f]{9}\b/g, '<POINTER>'],
    [/\bv1\.\d+\.\d+[-+\w.]*/g, unlessSpelled('<VERSION>')],
    [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, unlessSpelled('<IP>')],
    [/\b3[0-2]\d{3}\b/g, unlessSpelled('<PORT>')],
    // 100m of a processor is no age
    [/(?<=^|[\s(])(?:\d+[smhdy])+(?=$|[\s)])|<invalid>/gm, (value) => (/^\d+m$/.test(value) && isSpelled(value) ? value : '<AGE>')],
    [/<AGE> \(x\d+ over <AGE>\)/g, '<AGE>'],
    [/[ \t]+$/gm, ''],
    [/(?<=\S)(?: {2,}|\t)/g, ' '],
  ];
  return (text) => {
    let out = text.replaceAll(namespace, '<NS>');
    for (const [pattern, replacement] of rules) out = out.replace(pattern, replacement as string);
    return sortRows(out);
  };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const literal = (text: string): RegExp => new RegExp(escaped(text), 'g');

/** The events of a describe come in no fixed order within a second, and repeat; so do the causes of an error, and what keeps a node from being drained. */
const sortRows = (text: string): string =>
  text
    .replace(/(?:^  (?:Normal|Warning) .*\n)+|(?:^\* .*\n)+|(?:^cannot delete .*\n)+/gm, (rows) =>
      joined([...new Set(linesOf(rows))].sort()),
    )
    .replace(/(?<=due to error: \[)cannot delete .*(?=\])/g, (all) =>
      all
        .split(/, (?=cannot delete)/)
        .sort()
        .join(', '),
    );

export const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const FILTERS: Readonly<Record<string, (lines: string[], argument: string, text: string) => string[]>> = {
  keep: (lines, pattern) => lines.filter((line) => new RegExp(pattern).test(line)),
  drop: (lines, pattern) => lines.filter((line) => !new RegExp(pattern).test(line)),
  sort: (lines) => lines.sort(),
  uniq: (lines) => [...new Set(lines)],
  head: (lines, count) => lines.slice(0, Number(count)),
  json: (lines, _argument, text) => (/^\s*[{[]/.test(text) ? linesOf(JSON.stringify(withSortedKeys(JSON.parse(text)), null, 1)) : lines),
};

export function applyFilters(text: string, filters: readonly (readonly string[])[]): string {
  let out = text;
  for (const [name = '', argument = ''] of filters) {
    const filter = FILTERS[name];
    if (!filter) throw new Error(`an unknown filter: ${name}`);
    out = joined(filter(linesOf(out), argument, out));
  }
  return out;
}

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (value === null || typeof value !== 'object') return value;
  const record = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, withSortedKeys(record[key])]),
  );
}
