// Named formats of texts, and what is wrong with a text that has not its format. Mirrors apiserver pkg/cel/library (format.go, jsonpatch.go).

import { labelValueProblems, nameIsDns1035Label, nameIsDnsLabel, nameIsDnsSubdomain, qualifiedNameProblems } from '../../names.ts';
import { hasFormat } from '../../string-formats.ts';
import { costs, fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { opaque } from '../types.ts';
import { CelError, Foreign, NONE, Optional, sizeOf } from '../values.ts';
import type { Value } from '../values.ts';
import { parseUrl } from './url.ts';

class FormatValue extends Foreign {
  readonly type = opaque('kubernetes.NamedFormat');
  readonly name: string;
  readonly regexSize: number;
  problems: (text: string) => string[];
  constructor(name: string, regexSize: number, problems: (text: string) => string[]) {
    super();
    this.name = name;
    this.regexSize = regexSize;
    this.problems = problems;
  }
  isEqual(other: Foreign): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

const byFormat =
  (format: string, problem: string) =>
  (text: string): string[] =>
    hasFormat(text, format) ? [] : [problem];

function uriProblems(text: string): string[] {
  try {
    parseUrl(text);
    return [];
  } catch (error) {
    if (error instanceof CelError) return [error.message.replace('URL parse error during conversion from string: ', '')];
    throw error;
  }
}

const FORMATS = [
  new FormatValue('dns1123Label', 30, (text) => nameIsDnsLabel(text, false)),
  new FormatValue('dns1123Subdomain', 60, (text) => nameIsDnsSubdomain(text, false)),
  new FormatValue('dns1035Label', 30, (text) => nameIsDns1035Label(text, false)),
  new FormatValue('qualifiedName', 60, qualifiedNameProblems),
  new FormatValue('dns1123LabelPrefix', 30, (text) => nameIsDnsLabel(text, true)),
  new FormatValue('dns1123SubdomainPrefix', 60, (text) => nameIsDnsSubdomain(text, true)),
  new FormatValue('dns1035LabelPrefix', 30, (text) => nameIsDns1035Label(text, true)),
  new FormatValue('labelValue', 40, labelValueProblems),
  new FormatValue('uri', 1000, uriProblems),
  new FormatValue('uuid', 82, byFormat('uuid', 'does not match the UUID format')),
  new FormatValue('byte', 93, byFormat('byte', 'invalid base64')),
  new FormatValue('date', 145, byFormat('date', 'invalid date')),
  new FormatValue('datetime', 145, byFormat('datetime', 'invalid datetime')),
];

export const formats: Library = [
  ...FORMATS.map((format) => fn(`format.${format.name}`, '() kubernetes.NamedFormat', () => format)),
  fn(
    'format.named',
    '(string) optional<kubernetes.NamedFormat>',
    (name: string) => {
      const found = FORMATS.find((one) => one.name === name);
      return found ? new Optional(true, found) : NONE;
    },
    costs.fixed(1),
  ),
  fn(
    'validate',
    'kubernetes.NamedFormat.(string) optional<list<string>>',
    (format: FormatValue, text: string) => {
      const problems = format.problems(text);
      return problems.length ? new Optional(true, problems) : NONE;
    },
    {
      cost: ([format, text]: readonly Value[]) => Math.ceil((1 + sizeOf(text)) * 0.1) * Math.ceil((format as FormatValue).regexSize * 0.25),
      estimate: (args) => ({ cost: { min: 1, max: Math.ceil((1 + args[1]!.max) * 0.1) * 37 } }),
    },
  ),
];

export const jsonPatch: Library = [
  fn('jsonpatch.escapeKey', '(string) string', (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'), costs.traversal()),
];
