// Reads a label selector's text, `app=web,tier in (a, b),!old`. Mirrors apimachinery pkg/labels/selector.go: the same tokens, the same grammar, so that
// what cannot be read is refused in the same place with the same words.

import { fieldErrorMessage, invalidField } from './field-error.ts';
import type { LabelOperator, LabelRequirement, LabelSelector } from './selectors.ts';
import { SelectorError } from './selectors.ts';
import { labelValueProblems, qualifiedNameProblems } from '../lib/names.ts';

type TokenKind = 'word' | 'error' | 'end' | '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '<' | '>' | 'in' | 'notin';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const SYMBOLS: ReadonlySet<string> = new Set(['(', ')', ',', '!', '=', '==', '!=', '<', '>']);
const OPERATORS: Readonly<Partial<Record<TokenKind, LabelOperator>>> = {
  in: 'In',
  notin: 'NotIn',
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  '>': 'GreaterThan',
  '<': 'LessThan',
};
const EXPECTED_OPERATORS = 'in, notin, =, ==, !=, gt, lt';

/** Throws SelectorError. */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = tokenize(text);
  let at = 0;
  const requirements: LabelRequirement[] = [];
  /** Among values, `in` and `notin` are words. */
  const asValue = (token: Token): Token => (token.kind === 'in' || token.kind === 'notin' ? { kind: 'word', text: token.text } : token);
  const peek = (): Token => asValue(tokens[at]!);
  const take = (): Token => asValue(tokens[at++] ?? END);

  for (;;) {
    const first = peek();
    if (first.kind === 'end') break;
    if (first.kind !== 'word' && first.kind !== '!') throw unexpected(first, "expected: !, identifier, or 'end of string'");
    try {
      requirements.push(requirement());
    } catch (error) {
      throw error instanceof SelectorError ? new SelectorError(`unable to parse requirement: ${error.message}`) : error;
    }
    const next = take();
    if (next.kind === 'end') break;
    if (next.kind !== ',') throw unexpected(next, "expected: ',' or 'end of string'");
    const after = peek();
    if (after.kind !== 'word' && after.kind !== '!') throw unexpected(after, "expected: identifier after ','");
  }
  return { requirements: requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };

  function requirement(): LabelRequirement {
    let token = take();
    const isNegated = token.kind === '!';
    if (isNegated) token = take();
    if (token.kind !== 'word') throw unexpected(token, 'expected: identifier');
    const key = token.text;
    refuse([problemOf('', key, qualifiedNameProblems(key))]);
    if (isNegated) return { key, operator: 'DoesNotExist', values: [] };
    const { kind } = peek();
    if (kind === 'end' || kind === ',') return { key, operator: 'Exists', values: [] };
    const operatorToken = tokens[at++]!;
    const operator = OPERATORS[operatorToken.kind];
    if (!operator) throw unexpected(operatorToken, `expected: ${EXPECTED_OPERATORS}`);
    const values = operatorToken.kind === 'in' || operatorToken.kind === 'notin' ? list() : [exactValue()];
    checkValues(key, operator, values);
    return { key, operator, values };
  }

  function exactValue(): string {
    const { kind } = peek();
    if (kind === 'end' || kind === ',') return '';
    const token = take();
    if (token.kind !== 'word') throw unexpected(token, 'expected: identifier');
    return token.text;
  }

  function list(): string[] {
    const open = take();
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = peek();
    if (first.kind === ')') {
      at++;
      return [''];
    }
    if (first.kind !== 'word' && first.kind !== ',') throw unexpected(first, "expected: ',', ')' or identifier");
    const values = words();
    if (take().kind !== ')') throw unexpected(first, "expected: ')'");
    return [...values].sort();
  }

  function words(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const token = take();
      if (token.kind === 'word') {
        values.add(token.text);
        const next = peek();
        if (next.kind === ')') return values;
        if (next.kind !== ',') throw unexpected(next, "expected: ',' or ')'");
      } else if (token.kind === ',') {
        if (!values.size) values.add('');
        const next = peek();
        if (next.kind === ')' || next.kind === ',') values.add('');
        if (next.kind === ')') return values;
      } else throw unexpected(token, "expected: ',', or identifier");
    }
  }
}

const END: Token = { kind: 'end', text: '' };

const unexpected = (token: Token, expected: string): SelectorError => new SelectorError(`found '${token.text}', ${expected}`);

function checkValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  const problems: (string | undefined)[] = [];
  if (operator === 'GreaterThan' || operator === 'LessThan') {
    for (const [i, value] of values.entries()) {
      if (!/^[+-]?\d+$/.test(value) || BigInt.asIntN(64, BigInt(value)) !== BigInt(value))
        problems.push(fieldErrorMessage(invalidField(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")));
    }
  }
  for (const [i, value] of values.entries()) problems.push(problemOf(`values[${i}][${key}]`, value, labelValueProblems(value)));
  refuse(problems);
}

const problemOf = (path: string, value: string, problems: readonly string[]): string | undefined =>
  problems.length ? fieldErrorMessage(invalidField(path, value, problems.join('; '))) : undefined;

/** Several problems come in brackets. */
function refuse(problems: readonly (string | undefined)[]): void {
  const found = [...new Set(problems.filter((one) => one !== undefined))];
  if (found.length) throw new SelectorError(found.length === 1 ? found[0]! : `[${found.join(', ')}]`);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /[ \t\r\n]*(?:([=!(),<>]+)|([^ \t\r\n=!(),<>]+))/gy;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, symbols, word] = match;
    if (word !== undefined) tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'word', text: word });
    else tokens.push(...splitSymbols(symbols!));
  }
  return [...tokens, END];
}

/** The longest symbols that a run of special letters begins with, one after the other. */
function splitSymbols(run: string): Token[] {
  const tokens: Token[] = [];
  let rest = run;
  while (rest) {
    let length = 1;
    while (length < rest.length && SYMBOLS.has(rest.slice(0, length + 1))) length++;
    const text = rest.slice(0, length);
    tokens.push({ kind: text as TokenKind, text });
    rest = rest.slice(length);
  }
  return tokens;
}
