// YAML as text: cutting it into documents, reading what each is at its top, colouring it. Not a parser: the API server is that.

export interface Part {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'comment' | 'plain';
  readonly text: string;
}

/** Without the block of `metadata.managedFields`. */
export function withoutManagedFields(text: string): string {
  const kept: string[] = [];
  let isIn = false;
  for (const line of text.split('\n')) {
    if (/^ {2}managedFields:/.test(line)) isIn = true;
    else if (isIn && !/^ {2}(-| )/.test(line)) isIn = false;
    if (!isIn) kept.push(line);
  }
  return kept.join('\n');
}

const LINE = /^(\s*(?:- +)*)("[^"]*"|'[^']*'|[^\s:#"'-][^:#"']*?)(:)(?=\s|$)(.*)$/;

export function yamlParts(text: string): Part[] {
  const parts: Part[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match) {
      const [, lead = '', key = '', colon = '', rest = ''] = match;
      parts.push(
        { kind: 'plain', text: lead },
        { kind: 'key', text: key },
        { kind: 'plain', text: colon },
        { kind: kindOf(rest), text: `${rest}\n` },
      );
    } else {
      const [, lead = '', rest = ''] = /^(\s*(?:- +)?)(.*)$/.exec(line)!;
      parts.push({ kind: 'plain', text: lead }, { kind: kindOf(rest), text: `${rest}\n` });
    }
  }
  return parts;
}

function kindOf(text: string): Part['kind'] {
  const value = text.trim();
  if (value.startsWith('#')) return 'comment';
  if (/^-?\d+(\.\d+)?$/.test(value)) return 'number';
  if (/^(true|false|null|~|\{\}|\[\])$/.test(value)) return 'word';
  return value === '' || value === '|' || value === '|-' || value === '>' ? 'plain' : 'string';
}

export interface Document {
  readonly text: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** The documents of a file, YAML or JSON, in their order; empty ones are none. */
export function documentsOf(text: string): Document[] {
  const single = text.trim();
  const texts = single.startsWith('{') ? [single] : text.split(/^---(?:[ \t].*)?$/m);
  return texts.filter((one) => one.replace(/^\s*#.*$/gm, '').trim()).map(readTop);
}

function readTop(text: string): Document {
  if (text.trim().startsWith('{')) {
    const {
      apiVersion = '',
      kind = '',
      metadata,
    } = JSON.parse(text) as { apiVersion?: string; kind?: string; metadata?: { name?: string; namespace?: string } };
    return { text, apiVersion, kind, name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' };
  }
  const top = (key: string): string => scalar(new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(text)?.[1] ?? '');
  const block = /^metadata:[ \t]*(?:#.*)?\n((?:[ \t]+.*\n?|[ \t]*\n)*)/m.exec(`${text}\n`)?.[1] ?? '';
  const indent = /^([ \t]+)\S/.exec(block.replace(/^\s*\n/gm, ''))?.[1] ?? '  ';
  const inner = (key: string): string => scalar(new RegExp(`^${indent}${key}:[ \\t]*(.*)$`, 'm').exec(block)?.[1] ?? '');
  return { text, apiVersion: top('apiVersion'), kind: top('kind'), name: inner('name'), namespace: inner('namespace') };
}

const scalar = (text: string): string =>
  text
    .replace(/\s+#.*$/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2');
