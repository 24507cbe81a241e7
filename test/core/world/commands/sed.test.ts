// sed: commands, addresses, complaints, and lines that come one by one.

import { describe, expect, test } from 'vitest';
import { Lab, runIn } from '../lab.ts';

interface Row {
  readonly name: string;
  /** What the shell does first. */
  readonly before?: string;
  readonly script: string;
  readonly given?: string;
  readonly want: string;
  readonly code?: number;
  readonly stderr?: string;
}

const LINES = 'one\ntwo\nthree\nfour\nfive\n';

/** `script` stands in for the arguments of sed, in a shell. */
async function expectLines(image: string, { before = 'true', script, given = LINES, want, code = 0, stderr = '' }: Row): Promise<void> {
  const ran = await runIn(image, ['sh', '-c', `cd /tmp; ${before}; sed ${script}`], { stdin: given });
  expect(ran).toEqual({ stdout: want, stderr, code });
}

describe('sed', () => {
  test.each([
    { name: 'a reference in the pattern', script: String.raw`'s/\(a\)\1/x/'`, given: 'baab\nab\n', want: 'bxb\nab\n' },
    {
      name: 'a reference in an extended pattern',
      script: String.raw`-E -n '/^(.)(.).?\2\1$/p'`,
      given: 'abba\nabcba\nabc\n',
      want: 'abba\nabcba\n',
    },
    { name: 'groups and all of it', script: String.raw`'s/\(t\)\(.\)/[\2\1&]/'`, want: 'one\n[wttw]o\n[htth]ree\nfour\nfive\n' },
    { name: 'the second one', script: 's/e/E/2', want: 'one\ntwo\nthreE\nfour\nfive\n' },
    { name: 'from the second on', script: 's/e/E/2g', given: 'eeee\n', want: 'eEEE\n' },
    { name: 'nothing matches', script: "'s/b*/X/g'", given: 'abc\n', want: 'XaXcX\n' },
    { name: 'another delimiter', script: "'s|/bin|/usr&|'", given: '/bin/sh\n', want: '/usr/bin/sh\n' },
    { name: 'an escaped delimiter', script: String.raw`'s/\/bin/X/'`, given: '/bin/sh\n', want: 'X/sh\n' },
    { name: 'letters made large', script: String.raw`-E 's/(o)(n)/\U\1\E\2/; s/^t(.)/T\u\1/'`, want: 'One\nTWo\nTHree\nfour\nfive\n' },
    { name: 'in any case', script: 's/ONE/1/I', want: '1\ntwo\nthree\nfour\nfive\n' },
    { name: 'printed if changed', script: '-n s/o/0/p', want: '0ne\ntw0\nf0ur\n' },
    { name: 'the last expression again', script: '-n "/o/s//0/p"', want: '0ne\ntw0\nf0ur\n' },
    { name: 'a line', script: '-n 2p', want: 'two\n' },
    { name: 'the last line', script: "-n '$p'", want: 'five\n' },
    { name: 'all but one', script: "'2!d'", want: 'two\n' },
    { name: 'lines from to', script: '2,3d', want: 'one\nfour\nfive\n' },
    { name: 'from a pattern to a pattern', script: '-n "/two/,/four/p"', want: 'two\nthree\nfour\n' },
    { name: 'from a pattern to a line that is over', script: '-n "/three/,1p"', want: 'three\n' },
    { name: 'from a line to a pattern', script: '-n "2,/o/p"', want: 'two\nthree\nfour\n' },
    { name: 'from the start to a pattern in the first line', script: '-n "0,/one/p"', want: 'one\n' },
    { name: 'so many lines more', script: '-n "/two/,+1p"', want: 'two\nthree\n' },
    { name: 'every other line', script: '-n 1~2p', want: 'one\nthree\nfive\n' },
    { name: 'a range that begins again', script: '-n "/o/,/e$/p"', given: 'o\ne\nx\no\ny\n', want: 'o\ne\no\ny\n' },
    { name: 'text behind a line', script: "'2a after'", want: 'one\ntwo\nafter\nthree\nfour\nfive\n' },
    { name: 'text before a line', script: String.raw`'/two/i\  before'`, want: 'one\n  before\ntwo\nthree\nfour\nfive\n' },
    { name: 'text for lines', script: '"2,4c x"', want: 'one\nx\nfive\n' },
    {
      name: 'lines of text',
      script: String.raw`'1a\
a\
b'`,
      given: '1\n',
      want: '1\na\nb\n',
    },
    { name: 'a block', script: "-n '/t/{s/t/T/;p}'", want: 'Two\nThree\n' },
    { name: 'the next line joined', script: String.raw`'N;s/\n/+/'`, want: 'one+two\nthree+four\nfive\n' },
    { name: 'all lines joined', script: String.raw`':a;N;$!ba;s/\n/,/g'`, want: 'one,two,three,four,five\n' },
    { name: 'turned round', script: "-n '1!G;h;$p'", want: 'five\nfour\nthree\ntwo\none\n' },
    { name: 'double spaces', script: 'G', given: 'a\nb\n', want: 'a\n\nb\n\n' },
    { name: 'up to a match', script: '/three/q', want: 'one\ntwo\nthree\n' },
    { name: 'lines in one text', script: String.raw`'2a\  x\n  y\\\q'`, given: '1\n2\n', want: '1\n2\n  x\n  y\\q\n' },
    { name: 'and a status', script: '2q5', want: 'one\ntwo\n', code: 5 },
    { name: 'quietly', script: '2Q', want: 'one\n' },
    { name: 'numbers of lines', script: "-n '/t/='", want: '2\n3\n' },
    { name: 'letter for letter', script: 'y/oe/01/', want: '0n1\ntw0\nthr11\nf0ur\nfiv1\n' },
    { name: 'seen', script: '-n l', given: 'a\tb\\\n', want: 'a\\tb\\\\$\n' },
    { name: 'if changed, on', script: "'s/o/0/;t;s/$/!/'", want: '0ne\ntw0\nthree!\nf0ur\nfive!\n' },
    { name: 'several scripts', script: '-e s/one/1/ -e s/1/uno/', want: 'uno\ntwo\nthree\nfour\nfive\n' },
    { name: 'no newline at the end', script: 's/x/y/', given: 'ax\nbx', want: 'ay\nby' },
    {
      name: 'a script in a file',
      script: '-f s; rm s',
      want: '',
      code: 1,
      stderr: "sed: s: No such file or directory\nrm: can't remove 's': No such file or directory\n",
    },
  ] satisfies Row[])('$name', (row) => expectLines('busybox:1.37', row));

  test.each([
    { name: 'files written anew', before: 'printf "a\\n" >f', script: '-i.bak s/a/b/ f; cat f f.bak', want: 'b\na\n' },
    { name: 'two files as one', before: 'printf "a\\n" >f; printf "b\\n" >g', script: "-n '$=' f g", want: '2\n' },
    { name: 'each by itself', before: 'printf "a\\n" >f; printf "b\\n" >g', script: "-s -n '$=' f g", want: '1\n1\n' },
    { name: 'a file read in', before: 'echo in >f', script: '"1r f"', given: '1\n2\n', want: '1\nin\n2\n' },
    { name: 'a file written to', script: '-n "2w f"; cat f', given: '1\n2\n', want: '2\n' },
    { name: 'its version', script: '--version', want: 'sed (GNU sed) 4.9\n' },
    { name: 'no such file', script: 'p nope', want: '', code: 2, stderr: "sed: can't read nope: No such file or directory\n" },
    { name: 'not ended', script: 's/a/b', want: '', code: 1, stderr: "sed: -e expression #1, char 5: unterminated `s' command\n" },
    { name: 'no such option', script: 's/a/b/k', want: '', code: 1, stderr: "sed: -e expression #1, char 7: unknown option to `s'\n" },
    { name: 'no such command', script: 'k', want: '', code: 1, stderr: "sed: -e expression #1, char 1: unknown command: `k'\n" },
    { name: 'not closed', script: '"/a/{p"', want: '', code: 1, stderr: "sed: -e expression #1, char 0: unmatched `{'\n" },
    { name: 'closed', script: "'p}'", want: '', code: 1, stderr: "sed: -e expression #1, char 2: unexpected `}'\n" },
    { name: 'nothing to do', script: '2', want: '', code: 1, stderr: 'sed: -e expression #1, char 1: missing command\n' },
    { name: 'no such label', script: "'b x'", want: '', code: 1, stderr: "sed: can't find label for jump to `x'\n" },
    {
      name: 'more than a command',
      script: 'pk',
      want: '',
      code: 1,
      stderr: 'sed: -e expression #1, char 2: extra characters after command\n',
    },
  ] satisfies Row[])('GNU: $name', (row) => expectLines('nginx:1.27', row));

  test('says what busybox says', async () => {
    const ran = await runIn('busybox:1.37', ['sh', '-c', 'sed s/a/b; sed k; sed s/a/b/k; sed p nope']);
    expect(ran.stderr).toBe(
      "sed: unmatched '/'\nsed: unsupported command k\nsed: bad option in substitution expression\nsed: nope: No such file or directory\n",
    );
  });

  test('passes on each line as it comes, also after an eviction', () => {
    const lab = new Lab();
    lab.evicts = true;
    const { container } = lab.run({
      image: 'busybox:1.37',
      command: ['sh', '-c', 'while true; do echo a b; sleep 2; done | sed -n "/a/{s/a/x/;p}" | sed "N;s/\\n/+/"'],
    });
    lab.advance(5000);
    expect(lab.log(container)).toBe('x b+x b\n');
    lab.advance(2000);
    expect(lab.log(container)).toBe('x b+x b\nx b+x b\n');
  });

  test('lets whoever writes to it know that nobody reads', async () => {
    expect(await runIn('busybox:1.37', ['sh', '-c', 'yes | sed 3q | wc -l'])).toEqual({ stdout: '3\n', stderr: '', code: 0 });
  });
});
