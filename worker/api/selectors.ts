// Label and field selectors: reading them, and asking whether an object passes. Mirrors apimachinery pkg/labels and pkg/fields.

export type LabelOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'GreaterThan' | 'LessThan';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** All requirements must hold. An empty list passes everything; `nothing` passes none. */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  readonly nothing?: boolean;
}

export const EVERYTHING: LabelSelector = { requirements: [] };
export const NOTHING: LabelSelector = { requirements: [], nothing: true };

type Labels = Readonly<Record<string, string>> | undefined;

export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  return !selector.nothing && selector.requirements.every((requirement) => meets(requirement, labels));
}

function meets({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key]! : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default: {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const [left, right] = [BigInt(value), BigInt(values[0]!)];
      return operator === 'GreaterThan' ? left > right : left < right;
    }
  }
}

/** The shape of metav1.LabelSelector. */
export interface LabelSelectorFields {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] | null }[];
}

const compiled = new WeakMap<LabelSelectorFields, LabelSelector>();

/** A selector from an object's field. An absent one selects nothing, an empty one everything. */
export function labelSelectorOf(fields: LabelSelectorFields | null | undefined): LabelSelector {
  if (!fields) return NOTHING;
  let selector = compiled.get(fields);
  if (!selector) {
    const expressions = (fields.matchExpressions ?? []).map(({ key, operator, values }) => ({
      key,
      operator: operator as LabelOperator,
      values: values ?? [],
    }));
    compiled.set(fields, (selector = { requirements: [...equalities(fields.matchLabels), ...expressions] }));
  }
  return selector;
}

/** A selector from a map of labels (`spec.selector` of a Service). An absent or empty map selects everything. */
export const labelSelectorOfMap = (labels: Record<string, string> | null | undefined): LabelSelector => ({
  requirements: equalities(labels ?? {}),
});

const equalities = (labels: Record<string, string> = {}): LabelRequirement[] =>
  Object.keys(labels)
    .sort()
    .map((key) => ({ key, operator: 'In', values: [labels[key]!] }));

/** The text form, `app=web,tier in (a,b)`, as upstream prints it: sorted by key. */
export function formatLabelSelector({ requirements, nothing }: LabelSelector): string {
  if (nothing) return '<none>';
  return [...requirements]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(formatRequirement)
    .join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const list = `(${[...values].sort().join(',')})`;
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in ${list}`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin ${list}`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return `${key}${operator === 'GreaterThan' ? '>' : '<'}${values[0]}`;
  }
}

export interface FieldRequirement {
  readonly path: string;
  readonly value: string;
  readonly negated: boolean;
}

export type FieldSelector = readonly FieldRequirement[];

/** A field the object does not have counts as ''. */
export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  return selector.every(({ path, value, negated }) => ((fields[path] ?? '') === value) !== negated);
}

export class SelectorError extends Error {}

/** Reads `metadata.name=a,spec.nodeName!=b`. Throws SelectorError with upstream's message. */
export function parseFieldSelector(text: string): FieldSelector {
  const out: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    out.push({ path: match[1]!, negated: match[2] === '!=', value: unescapeValue(match[3]!) });
  }
  return out;
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function unescapeValue(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') {
      const escaped = text[++i] ?? '';
      if (escaped === '' || !'\\,='.includes(escaped))
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
      out += escaped;
    } else if (char === ',' || char === '=') {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`); // a rune, printed as a number
    } else out += char;
  }
  return out;
}
