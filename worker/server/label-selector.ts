// Reads a label selector's text, `app=web,tier in (a, b),!old`. Mirrors apimachinery pkg/labels/selector.go, messages included.

import { fieldErrorMessage, invalidField } from '../api/field-error.ts';
import type { LabelOperator, LabelRequirement, LabelSelector } from '../api/selectors.ts';
import { SelectorError } from '../api/selectors.ts';
import { labelValueProblems, qualifiedNameProblems } from '../lib/names.ts';

const OPERATORS: Record<string, LabelOperator> = {
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  in: 'In',
  notin: 'NotIn',
  '>': 'GreaterThan',
  '<': 'LessThan',
};

export function parseLabelSelector(text: string): LabelSelector {
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const fail = (problem: string): SelectorError => new SelectorError(`unable to parse requirement: ${problem}`);
  const found = (): string => peek() ?? '';

  while (at < tokens.length) {
    requirements.push(requirement());
    if (peek() === undefined) break;
    if (peek() !== ',') throw new SelectorError(`found '${found()}', expected: ',' or 'end of string'`);
    at++;
    const next = peek();
    if (next === undefined || (next !== '!' && isSymbol(next)))
      throw new SelectorError(`found '${next ?? ''}', expected: identifier after ','`);
  }
  return { requirements: requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };

  function requirement(): LabelRequirement {
    const negated = peek() === '!';
    if (negated) at++;
    const key = tokens[at++] ?? '';
    if (key === '' || isSymbol(key)) throw fail(`found '${key}', expected: identifier`);
    check(key, 'key', qualifiedNameProblems(key));
    if (negated) return { key, operator: 'DoesNotExist', values: [] };
    const operatorText = peek();
    if (operatorText === undefined || operatorText === ',') return { key, operator: 'Exists', values: [] };
    const operator = Object.hasOwn(OPERATORS, operatorText) ? OPERATORS[operatorText] : undefined;
    if (!operator) throw fail(`found '${operatorText}', expected: '=', '!=', '==', 'in', notin'`);
    at++;
    const values = operatorText === 'in' || operatorText === 'notin' ? list() : [exact()];
    for (const [i, value] of values.entries()) {
      if (operator === 'GreaterThan' || operator === 'LessThan') {
        if (!/^[+-]?\d+$/.test(value))
          throw fail(fieldErrorMessage(invalidField(`values[0]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")));
      } else check(value, `values[${i}][${key}]`, labelValueProblems(value));
    }
    return { key, operator, values };
  }

  function exact(): string {
    const next = peek();
    if (next === undefined || next === ',') return '';
    if (isSymbol(next)) throw fail(`found '${next}', expected: identifier`);
    at++;
    return next;
  }

  function list(): string[] {
    if (peek() !== '(') throw fail(`found '${found()}' expected: '('`);
    at++;
    const values = new Set<string>();
    for (;;) {
      const next = tokens[at++];
      if (next === undefined) throw fail(`found '', expected: ',' or ')'`);
      if (next === ')') break;
      if (next === ',') {
        if (peek() === ',' || peek() === ')') values.add('');
      } else if (isSymbol(next)) throw fail(`found '${next}', expected: ',', ')' or identifier`);
      else values.add(next);
    }
    if (!values.size) values.add('');
    return [...values].sort();
  }

  function check(value: string, path: string, problems: readonly string[]): void {
    if (problems.length) throw fail(fieldErrorMessage(invalidField(path, value, problems.join('; '))));
  }
}

const isSymbol = (token: string): boolean => /^(?:[(),!<>]|==?|!=)$/.test(token);
const tokenize = (text: string): string[] => text.match(/[^\s(),!<>=]+|!=|==|[(),!<>=]/g) ?? [];
