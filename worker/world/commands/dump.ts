// Tools that show bytes: strings, od, hexdump.

import { options, wholeTool } from './tool.ts';

export const strings = wholeTool('strings', {
  files: (system) => options(system, 'an:t:of').rest,
  act: (system, inputs, status) => {
    const least = Number(options(system, 'an:t:of').get('n') ?? 4);
    for (const { text } of inputs) for (const [found] of text.matchAll(/[\t -~]+/g)) if (found.length >= least) system.out(`${found}\n`);
    return status;
  },
});

const OD = 't:A:cxN:j:vbdo';

export const od = wholeTool('od', {
  files: (system) => options(system, OD, ['address-radix=']).rest,
  act: (system, inputs, status) => {
    const given = options(system, OD, ['address-radix=']);
    const text = inputs
      .map((one) => one.text)
      .join('')
      .slice(Number(given.get('j') ?? 0))
      .slice(0, given.has('N') ? Number(given.get('N')) : undefined);
    const radix = given.get('A') ?? 'o';
    const address = (at: number): string =>
      radix === 'n' ? '' : at.toString(radix === 'x' ? 16 : radix === 'd' ? 10 : 8).padStart(radix === 'x' ? 6 : 7, '0');
    const type = given.has('c') ? 'c' : given.has('x') ? 'x2' : (given.get('t') ?? 'o2');
    const one = (char: string): string => {
      const code = char.charCodeAt(0);
      if (!type.startsWith('c')) return ` ${type.startsWith('x') ? code.toString(16).padStart(2, '0') : code.toString(8).padStart(3, '0')}`;
      const special = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }[code as 10];
      return (special ?? (code >= 32 && code < 127 ? char : code.toString(8).padStart(3, '0'))).padStart(4);
    };
    const pair = (two: string): string =>
      ` ${(two.charCodeAt(0) | ((two.charCodeAt(1) || 0) << 8)).toString(type.startsWith('x') ? 16 : 8).padStart(type.startsWith('x') ? 4 : 6, '0')}`;
    for (let at = 0; at < text.length; at += 16) {
      const row = text.slice(at, at + 16);
      system.out(`${address(at)}${type.endsWith('2') ? (row.match(/[^]{1,2}/g) ?? []).map(pair).join('') : [...row].map(one).join('')}\n`);
    }
    if (radix !== 'n') system.out(`${address(text.length)}\n`);
    return status;
  },
});

export const hexdump = wholeTool('hexdump', {
  files: (system) => options(system, 'Cvn:s:').rest,
  act: (system, inputs, status) => {
    const isCanonical = options(system, 'Cvn:s:').has('C');
    const text = inputs.map((one) => one.text).join('');
    for (let at = 0; at < text.length; at += 16) {
      const row = text.slice(at, at + 16);
      const hex = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');
      if (isCanonical) {
        const bytes = [...row].map(hex);
        system.out(
          `${at.toString(16).padStart(8, '0')}  ${bytes.slice(0, 8).join(' ').padEnd(23)}  ${bytes.slice(8).join(' ').padEnd(23)}  |${row.replace(/[^ -~]/g, '.')}|\n`,
        );
      } else
        system.out(
          `${at.toString(16).padStart(7, '0')} ${(row.match(/[^]{1,2}/g) ?? []).map((two) => (two.charCodeAt(0) | ((two.charCodeAt(1) || 0) << 8)).toString(16).padStart(4, '0')).join(' ')}\n`,
        );
    }
    system.out(`${text.length.toString(16).padStart(isCanonical ? 8 : 7, '0')}\n`);
    return status;
  },
});
