// Commands whose output, or input, is named as a file: `<( )` and `>( )`.

import { describe, expect, test } from 'vitest';
import { Lab, runIn } from '../lab.ts';

const WITH_BASH = 'nginx:1.27';

describe('process substitution', () => {
  test.each([
    { name: 'two commands compared', script: 'diff <(printf "a\\nb\\n") <(printf "a\\nc\\n")', stdout: '2c2\n< b\n---\n> c\n', code: 1 },
    { name: 'equal ones', script: 'cmp <(seq 3) <(seq 3) && echo same', stdout: 'same\n' },
    { name: 'common lines', script: 'comm -12 <(seq 1 4) <(seq 3 6)', stdout: '3\n4\n' },
    { name: 'a loop over a command', script: 'while read x; do s=$s$x; done < <(seq 3); echo $s', stdout: '123\n' },
    { name: 'a builtin', script: 'read a b < <(echo one two); echo $b', stdout: 'two\n' },
    { name: 'lines into an array', script: 'mapfile -t a < <(seq 3); echo ${#a[@]}', stdout: '3\n' },
    { name: 'names', script: 'echo <(true) <(true)', stdout: '/dev/fd/63 /dev/fd/62\n' },
    { name: 'the name again', script: 'cat <(echo a); cat <(echo b)', stdout: 'a\nb\n' },
    { name: 'within a pipeline', script: 'sort <(echo b) <(echo a) | head -1', stdout: 'a\n' },
    { name: 'one in another', script: 'cat <(cat <(echo deep))', stdout: 'deep\n' },
    { name: 'in a function', script: 'f() { cat "$1"; }; f <(echo x)', stdout: 'x\n' },
    { name: 'more than a pipe holds', script: 'wc -l < <(seq 40000); tail -1 <(yes | head -20000)', stdout: '40000\ny\n' },
    { name: 'output to a command', script: 'echo hi > >(tr a-z A-Z >/tmp/o); sleep 1; cat /tmp/o', stdout: 'HI\n' },
    { name: 'tee to a command', script: 'seq 3 | tee >(wc -l >/tmp/o) | tail -1; sleep 1; cat /tmp/o', stdout: '3\n3\n' },
    { name: 'nothing is left over', script: 'cat <(true); sleep 1; cat <(true); ls /proc | grep -c "^[0-9]"', stdout: /^[4-6]\n$/ },
  ])('$name', async ({ script, stdout, code = 0 }) => {
    const ran = await runIn(WITH_BASH, ['bash', '-c', script], { for: 3000, evicts: true });
    expect(ran.stderr).toBe('');
    if (typeof stdout === 'string') expect(ran).toEqual({ stdout, stderr: '', code });
    else expect(ran.stdout).toMatch(stdout);
  });

  test('is no part of POSIX', async () => {
    expect(await runIn(WITH_BASH, ['sh', '-c', 'cat <(echo a)'])).toEqual({
      stdout: '',
      stderr: 'sh: 1: Syntax error: "(" unexpected\n',
      code: 2,
    });
    expect(await runIn('busybox:1.37', ['sh', '-c', 'cat <(echo a)'])).toEqual({ stdout: 'a\n', stderr: '', code: 0 });
  });
});

describe('what comes line by line goes on line by line', () => {
  const LINES = 'i=0; while true; do i=$((i+1)); echo "{\\"n\\": $i}"; sleep 2; done';
  test.each([
    { name: 'awk', filter: "awk '/n/ { print $2 }'", want: '1}\n2}\n3}\n' },
    { name: 'awk that counts must see the end', filter: "awk '{ n++ } END { print n }'", want: '' },
    { name: 'jq', filter: 'jq .n', want: '1\n2\n3\n' },
    { name: 'jq that takes all must see the end', filter: 'jq -s length', want: '' },
    { name: 'grep, cut, tr and sed', filter: 'grep -v 9 | cut -d: -f2 | tr -d "} " | sed s/^/x/', want: 'x1\nx2\nx3\n' },
  ])('$name', async ({ filter, want }) => {
    const lab = new Lab();
    const image = filter.startsWith('jq') ? 'nicolaka/netshoot' : 'busybox:1.37';
    const { container } = lab.run({ image, command: ['sh', '-c', `(${LINES}) | ${filter}`] });
    for (let i = 0; i < 5; i++) {
      lab.advance(1000);
      await lab.settleTools();
    }
    expect(lab.log(container)).toBe(want);
  });
});
