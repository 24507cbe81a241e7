// The shell: what scripts print and end with, as dash, bash and busybox's ash do. Rows without a flavour are the same in all three, and were compared with dash and bash.

import { describe, expect, test } from 'vitest';
import { Lab, runIn } from '../lab.ts';

interface Row {
  readonly name: string;
  readonly given: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

const SAME: readonly Row[] = [
  { name: 'here-document without its tabs', given: 'cat <<-E\n\ta\n\t\tb\nE', stdout: 'a\nb\n' },
  {
    name: 'a script with an interpreter',
    given: 'printf "#!/bin/sh\\necho run \\$1\\n" > /tmp/s; chmod +x /tmp/s; /tmp/s it',
    stdout: 'run it\n',
  },
  { name: 'quotes and escapes', given: `echo "a  b" 'c  $d' e\\ f`, stdout: 'a  b c  $d e f\n' },
  { name: 'splits what it expands', given: 'x="a b  c"; for i in $x; do echo "<$i>"; done', stdout: '<a>\n<b>\n<c>\n' },
  { name: 'IFS', given: 'IFS=:; x=a::b; for i in $x; do echo "<$i>"; done', stdout: '<a>\n<>\n<b>\n' },
  { name: '"$@" keeps arguments', given: 'set -- "a b" "" c; for i in "$@"; do echo "<$i>"; done; echo $#', stdout: '<a b>\n<>\n<c>\n3\n' },
  { name: 'defaults', given: 'x=${y:-def}; echo ${x#d} ${#x} ${y:=k}$y ${x:+z}', stdout: 'ef 3 kk z\n' },
  {
    name: 'pattern removal',
    given: 'p=/a/b/c.tar.gz; echo ${p##*/} ${p%/*} ${p%.*} ${p%%.*}',
    stdout: 'c.tar.gz /a/b /a/b/c.tar /a/b/c\n',
  },
  {
    name: 'arithmetic',
    given: 'i=5; echo $((i*2+1)) $((i<3)) $((i%3)) $((1<<4)) $((0x10)); i=$((i+1)); echo $i',
    stdout: '11 0 2 16 16\n6\n',
  },
  { name: 'nested substitution', given: 'echo $(echo $(echo deep) `echo old`)', stdout: 'deep old\n' },
  { name: 'status of a substitution', given: 'x=$(exit 3); echo $?', stdout: '3\n' },
  {
    name: 'while and break',
    given: 'i=0; while true; do i=$((i+1)); [ $i = 2 ] && continue; [ $i -gt 4 ] && break; echo $i; done',
    stdout: '1\n3\n4\n',
  },
  { name: 'until', given: 'i=0; until [ $i -ge 3 ]; do i=$((i+1)); done; echo $i', stdout: '3\n' },
  {
    name: 'case',
    given: 'for w in apple bus 12; do case $w in a*) echo A;; [0-9]*) echo N;; b?s|x) echo B;; esac; done',
    stdout: 'A\nB\nN\n',
  },
  { name: 'functions return', given: 'f() { echo "$1-$#"; return 4; }; f a b; echo $?', stdout: 'a-2\n4\n' },
  { name: 'a subshell keeps to itself', given: 'x=1; (x=2; cd /tmp; exit 3); echo $x $? $(pwd)', stdout: '1 3 /\n' },
  { name: 'pipes', given: 'printf "b\\na\\n" | while read l; do echo "[$l]"; done', stdout: '[b]\n[a]\n' },
  { name: 'status of a pipe', given: 'false | true; echo $?; true | false; echo $?; ! true; echo $?', stdout: '0\n1\n1\n' },
  { name: 'here-document', given: 'x=1; cat <<EOF\na $x $((x+1))\n  "q"\nEOF\ncat <<"EOF"\n$x\nEOF', stdout: 'a 1 2\n  "q"\n$x\n' },
  {
    name: 'redirections',
    given: 'echo a > /tmp/f; echo b >> /tmp/f; { echo c; echo d >&2; } 2>&1 >> /tmp/f; cat < /tmp/f',
    stdout: 'd\na\nb\nc\n',
  },
  { name: 'errors go away', given: 'ls /nope 2>/dev/null || echo failed', stdout: 'failed\n' },
  { name: 'globbing', given: 'cd /tmp; : > a1; : > a2; : > b1; : > .h; echo * a* [ab]1 *x', stdout: 'a1 a2 b1 a1 a2 a1 b1 *x\n' },
  { name: 'errexit', given: 'set -e; if false; then :; fi; false || true; echo here; false; echo not', stdout: 'here\n', code: 1 },
  { name: 'trap at the end', given: 'trap "echo bye" EXIT; echo hi; exit 5', stdout: 'hi\nbye\n', code: 5 },
  { name: 'trap of a signal', given: 'trap "echo got" USR1; kill -USR1 $$; echo after', stdout: 'got\nafter\n' },
  { name: 'read splits', given: 'read a b <<EOF\n1 2 3\nEOF\necho "$a|$b"', stdout: '1|2 3\n' },
  { name: 'eval', given: `x='echo "$y"'; y='a  b'; eval "$x"`, stdout: 'a  b\n' },
  { name: 'exec replaces the shell', given: 'exec echo hi; echo not', stdout: 'hi\n' },
  { name: 'exec with redirections only', given: 'exec > /tmp/o; echo hidden; exec cat /tmp/o >&2', stderr: 'hidden\n' },
  { name: 'background and wait', given: 'sh -c "exit 7" & wait $!; echo $?', stdout: '7\n' },
  {
    name: 'getopts',
    given: 'set -- -a -b v rest; while getopts ab: o; do echo "$o $OPTARG"; done; shift $((OPTIND-1)); echo $1',
    stdout: 'a \nb v\nrest\n',
  },
  { name: 'exported variables', given: 'A=1; export B=2; C=3 sh -c \'echo "$A|$B|$C"\'; echo "$C"', stdout: '|2|3\n\n' },
  { name: 'unset', given: 'x=1; unset x; echo "${x-none}"', stdout: 'none\n' },
  { name: 'printf', given: 'printf "%s-%03d|%5s|%-5s|%x\\n" a 7 b c 255', stdout: 'a-007|    b|c    |ff\n' },
  { name: 'test', given: '[ -d /tmp ] && [ ! -f /nope ] && [ abc != abd ] && [ 3 -lt 10 -a -n x ] && echo yes', stdout: 'yes\n' },
  { name: 'a command that is not there', given: 'nosuch 2>/dev/null; echo $?', stdout: '127\n' },
  { name: 'a list in braces', given: '{ echo a; echo b; } | cat', stdout: 'a\nb\n' },
  { name: 'and, or', given: 'true && echo a || echo b; false && echo c || echo d', stdout: 'a\nd\n' },
  { name: '. reads a file', given: `echo 'X=5; f() { echo in-$X; }' > /tmp/lib; . /tmp/lib; f`, stdout: 'in-5\n' },
  {
    name: 'stdin of a loop',
    given: 'echo "1\n2" > /dev/null; printf "x y\\nz\\n" > /tmp/in; while read a b; do echo "$b-$a"; done < /tmp/in',
    stdout: 'y-x\n-z\n',
  },
];

describe.each([
  ['busybox', 'ash', 'busybox:1.36'],
  ['Debian', 'dash', 'nginx:1.27'],
])('%s', (_name, _flavour, image) => {
  test.each(SAME)('$name', async ({ given, stdout = '', stderr = '', code = 0 }) => {
    expect(await runIn(image, ['sh', '-c', given])).toEqual({ stdout, stderr, code });
    expect(await runIn(image, ['sh', '-c', given], { evicts: true })).toEqual({ stdout, stderr, code });
  });
});

describe('bash', () => {
  test.each(SAME)('$name', async ({ given, stdout = '', stderr = '', code = 0 }) => {
    expect(await runIn('nginx:1.27', ['bash', '-c', given])).toEqual({ stdout, stderr, code });
  });

  test.each([
    {
      name: 'arrays',
      given: 'a=(x "y z" w); a+=(v); echo ${a[1]} ${#a[@]} "${a[@]:1:2}"; for i in "${a[@]}"; do echo "<$i>"; done',
      stdout: 'y z 4 y z w\n<x>\n<y z>\n<w>\n<v>\n',
    },
    { name: '[[', given: 'x=foo.txt; [[ $x == *.txt && $x =~ ^f(o+) ]] && echo ${BASH_REMATCH[1]}', stdout: 'oo\n' },
    { name: 'C loops', given: 'for ((i=0;i<3;i++)); do echo -n $i; done; echo', stdout: '012\n' },
    { name: 'braces', given: 'echo {a,b}{1..3} x{01..03}', stdout: 'a1 a2 a3 b1 b2 b3 x01 x02 x03\n' },
    { name: 'replacement', given: 'x=aXbX; echo ${x/X/-} ${x//X/-} ${x^^} ${x:1:2}', stdout: 'a-bX a-b- AXBX Xb\n' },
    { name: 'pipefail', given: 'set -o pipefail; false | true; echo $?', stdout: '1\n' },
    { name: 'here-string', given: 'read x <<< "a b"; echo $x', stdout: 'a b\n' },
    { name: 'unbound', given: 'set -u; echo $nope', stderr: 'bash: line 1: nope: unbound variable\n', code: 127 },
  ] satisfies Row[])('$name', async ({ given, stdout = '', stderr = '', code = 0 }: Row) => {
    expect(await runIn('nginx:1.27', ['bash', '-c', given])).toEqual({ stdout, stderr, code });
  });
});

describe('what goes wrong is said in the words of each', () => {
  test.each([
    { image: 'busybox:1.36', shell: 'sh', given: 'nosuch', stderr: 'sh: nosuch: not found\n', code: 127 },
    { image: 'nginx:1.27', shell: 'sh', given: 'nosuch', stderr: 'sh: 1: nosuch: not found\n', code: 127 },
    { image: 'nginx:1.27', shell: 'bash', given: 'nosuch', stderr: 'bash: line 1: nosuch: command not found\n', code: 127 },
    {
      image: 'busybox:1.36',
      shell: 'sh',
      given: 'cd /nope',
      stderr: "sh: cd: line 1: can't cd to /nope: No such file or directory\n",
      code: 1,
    },
    { image: 'nginx:1.27', shell: 'sh', given: 'cd /nope', stderr: "sh: 1: cd: can't cd to /nope\n", code: 2 },
    { image: 'nginx:1.27', shell: 'bash', given: 'cd /nope', stderr: 'bash: line 1: cd: /nope: No such file or directory\n', code: 1 },
    { image: 'busybox:1.36', shell: 'sh', given: 'cat < /nope', stderr: "sh: can't open /nope: no such file\n", code: 2 },
    { image: 'nginx:1.27', shell: 'sh', given: 'cat < /nope', stderr: 'sh: 1: cannot open /nope: No such file\n', code: 2 },
    { image: 'nginx:1.27', shell: 'bash', given: 'cat < /nope', stderr: 'bash: line 1: /nope: No such file or directory\n', code: 1 },
    { image: 'busybox:1.36', shell: 'sh', given: 'echo "x', stderr: 'sh: syntax error: unterminated quoted string\n', code: 2 },
    { image: 'nginx:1.27', shell: 'sh', given: 'if true; then', stderr: 'sh: 1: Syntax error: end of file unexpected\n', code: 2 },
    { image: 'busybox:1.36', shell: 'sh', given: 'cat /nope', stderr: "cat: can't open '/nope': No such file or directory\n", code: 1 },
    { image: 'nginx:1.27', shell: 'sh', given: 'cat /nope', stderr: 'cat: /nope: No such file or directory\n', code: 1 },
    { image: 'busybox:1.36', shell: 'sh', given: '/etc/passwd', stderr: 'sh: /etc/passwd: Permission denied\n', code: 126 },
    { image: 'nginx:1.27', shell: 'bash', given: '/etc', stderr: 'bash: line 1: /etc: Is a directory\n', code: 126 },
  ])('$shell of $image: $given', async ({ image, shell, given, stderr, code }) => {
    expect(await runIn(image, [shell, '-c', given])).toEqual({ stdout: '', stderr, code });
  });
});

describe('time', () => {
  test('a loop prints line by line, and goes on after each eviction', () => {
    const lab = new Lab();
    lab.evicts = true;
    const { container } = lab.run({ image: 'busybox', command: ['sh', '-c', 'while true; do date +%S; sleep 5; done'] });
    lab.advance(12_000);
    expect(lab.log(container)).toBe('00\n05\n10\n');
  });

  test('the first process that has no handler is killed only when its grace is over', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'busybox', command: ['sh', '-c', 'sleep 3600'] });
    lab.stop(container, 30_000);
    lab.advance(29_999);
    expect(lab.find(container).container.state).toBe('running');
    lab.advance(1);
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 137 });
  });

  test('a trap ends it at once', () => {
    const lab = new Lab();
    const { container } = lab.run({
      image: 'busybox',
      command: ['sh', '-c', 'trap "echo bye; exit 3" TERM; while true; do sleep 1; done'],
    });
    lab.advance(500);
    lab.stop(container, 30_000);
    lab.advance(500);
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 3, finishedAt: lab.now });
    expect(lab.log(container)).toBe('bye\n');
  });
});

describe('a terminal', () => {
  const typed = (image: string, argv: readonly string[], keys: readonly string[]): string => {
    const lab = new Lab();
    const { container } = lab.run({ image, command: ['sleep', '1000000'] });
    lab.evicts = true;
    const session = lab.exec(container, argv, { tty: true });
    for (const key of keys) lab.type(container, session, key);
    const { stdout, code } = lab.sessions.get(session)!;
    return `${stdout.replaceAll('\r', '')}[${code}]`;
  };

  test.each([
    {
      name: 'prompts and answers',
      image: 'busybox',
      argv: ['sh'],
      keys: ['echo hi\r', 'cd /etc\r', 'exit 3\r'],
      want: '/ # echo hi\nhi\n/ # cd /etc\n/etc # exit 3\n[3]',
    },
    {
      name: 'asks for more',
      image: 'busybox',
      argv: ['sh'],
      keys: ['for i in 1 2; do\r', 'echo $i\r', 'done\r', '\x04'],
      want: '/ # for i in 1 2; do\n> echo $i\n> done\n1\n2\n/ # \n[0]',
    },
    {
      name: 'interrupts what runs',
      image: 'busybox',
      argv: ['sh'],
      keys: ['sleep 100\r', '\x03', 'echo $?\r', 'exit\r'],
      want: '/ # sleep 100\n^C\n/ # echo $?\n130\n/ # exit\n[0]',
    },
    {
      name: 'interrupts a line',
      image: 'nginx:1.27',
      argv: ['bash'],
      keys: ['echo x', '\x03', 'exit\r'],
      want: 'root@web:/# echo x^C\nroot@web:/# exit\nexit\n[130]',
    },
    { name: 'erases', image: 'busybox', argv: ['sh'], keys: ['echo hx\x7fi\r', 'exit\r'], want: '/ # echo hx\b \bi\nhi\n/ # exit\n[0]' },
    {
      name: 'goes on after a mistake',
      image: 'busybox',
      argv: ['sh'],
      keys: ['echo )\r', 'echo ok\r', 'exit\r'],
      want: '/ # echo )\nsh: syntax error: unexpected ")"\n/ # echo ok\nok\n/ # exit\n[0]',
    },
  ])('$name', ({ image, argv, keys, want }) => {
    expect(typed(image, argv, keys)).toBe(want);
  });
});

test('commands that are piped in', async () => {
  expect(await runIn('busybox', ['sh'], { stdin: 'x=1\necho $x\nfor i in a b; do\necho $i\ndone\nexit 4\n' })).toEqual({
    stdout: '1\na\nb\n',
    stderr: '',
    code: 4,
  });
});
