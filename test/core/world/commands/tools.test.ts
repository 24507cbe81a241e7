// The tools: a row is a command line and what it prints. What is wanted was written down by hand, from what busybox 1.36 and Debian's coreutils, grep, sed, awk and findutils
// are known to print; it is no recording of theirs.

import { describe, expect, test } from 'vitest';
import { Lab, runIn } from '../lab.ts';

interface Row {
  readonly given: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

/** The same in busybox and Debian. */
const SAME: readonly Row[] = [
  { given: 'mkdir -p /tmp/a/b && touch /tmp/a/b/c && cp -r /tmp/a /tmp/z && find /tmp -type f', stdout: '/tmp/a/b/c\n/tmp/z/b/c\n' },
  { given: 'cd /tmp; echo x > a; mv a b; ln -s b l; readlink l; cat l; rm b; ls', stdout: 'b\nx\nl\n' },
  { given: 'cd /tmp; touch f; chmod 640 f; stat -c "%a %A %n" f; chmod u+x,o=r f; stat -c %a f', stdout: '640 -rw-r----- f\n744\n' },
  { given: 'basename /a/b.txt .txt; dirname /a/b; basename /; dirname x', stdout: 'b\n/a\n/\n.\n' },
  { given: 'seq 1 12 | head -n 3; seq 5 | tail -n 2; seq 2 2 6 | tail -n +2', stdout: '1\n2\n3\n4\n5\n4\n6\n' },
  {
    given: 'printf "b 2\\na 10\\nc 1\\n" | sort; printf "b 2\\na 10\\nc 1\\n" | sort -k2 -n -r',
    stdout: 'a 10\nb 2\nc 1\na 10\nb 2\nc 1\n',
  },
  { given: 'printf "a\\na\\nb\\n" | uniq -c; printf "a:b:c\\n" | cut -d: -f1,3', stdout: '      2 a\n      1 b\na:c\n' },
  { given: 'echo hello | tr a-z A-Z; echo aabbcc | tr -d b; echo "a  b" | tr -s " "', stdout: 'HELLO\naacc\na b\n' },
  {
    given:
      'printf "one\\ntwo\\nthree\\n" | grep -n t; printf "a1\\nb2\\n" | grep -v 1; echo abc | grep -o "b."; printf "x\\ny\\n" | grep -c .',
    stdout: '2:two\n3:three\nb2\nbc\n2\n',
  },
  {
    given: 'echo foo | grep bar; echo $?; echo "a+b" | grep -F "+"; echo aab | grep -E "a{2}b"; echo ab | grep "a\\(b\\|c\\)"',
    stdout: '1\na+b\naab\nab\n',
  },
  {
    given:
      'echo foobar | grep -oE "foo|foobar"; echo "a foo foo, xfoo" | grep -ow foo; echo id=42 | grep -oP "id=\\K[0-9]+"; echo abab | grep -E "^(ab)\\1$"; printf "a\\r\\n" | grep -c "a.$"; echo b{,2} | grep -oE "b{,2}"',
    stdout: 'foobar\nfoo\nfoo\n42\nabab\n1\nb\n',
  },
  { given: 'yes a | head -n 3000 | tr -d "\\n" | grep -cE "^(a+)+$|(a|aa)+b"', stdout: '1\n' },
  {
    given: 'echo "hello world" | sed "s/o/0/g"; printf "1\\n2\\n3\\n" | sed -n 2p; printf "a\\nb\\n" | sed 1d',
    stdout: 'hell0 w0rld\n2\nb\n',
  },
  { given: 'cd /tmp; echo "k: v" > f; sed -i "s/v/w/" f; cat f', stdout: 'k: w\n' },
  {
    given: "printf 'a 1\\nb 2\\n' | awk '{s+=$2; print $1} END {print s}'; awk 'BEGIN {print 3*4}'; echo a:b | awk -F: '{print $2}'",
    stdout: 'a\nb\n3\n12\nb\n',
  },
  {
    given: 'printf "a b\\nc\\n" | xargs echo; printf "1\\n2\\n" | xargs -I{} echo "<{}>"; printf "a b c" | xargs -n 2 echo',
    stdout: 'a b c\n<1>\n<2>\na b\nc\n',
  },
  {
    given: 'echo hi | base64; echo aGkK | base64 -d; echo -n abc | md5sum; echo -n abc | sha256sum',
    stdout: 'aGkK\nhi\n900150983cd24fb0d6963f7d28e17f72  -\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n',
  },
  { given: 'expr 3 + 4; expr 10 / 3; expr abc : "a\\(.*\\)"; expr 1 = 2', stdout: '7\n3\nbc\n0\n', code: 1 },
  { given: 'echo a | tee /tmp/t | cat; cat /tmp/t; yes | head -n 2', stdout: 'a\na\ny\ny\n' },
  { given: 'cd /tmp; mkdir d; echo x > d/f; tar -czf d.tgz d; rm -r d; tar -xzvf d.tgz; cat d/f', stdout: 'd/\nd/f\nx\n' },
  { given: 'cd /tmp; echo x > f; gzip f; ls; gunzip f.gz; cat f', stdout: 'f.gz\nx\n' },
  { given: 'echo $(nproc) $(hostname) $(whoami) $(uname -s)', stdout: '4 web root Linux\n' },
  { given: 'cd /tmp; touch a.txt b.log; find . -name "*.txt" -exec echo found {} \\;', stdout: 'found ./a.txt\n' },
  { given: 'printf "a\\nb\\nc\\n" | tac; echo abc | rev; printf "a\\n" | nl', stdout: 'c\nb\na\ncba\n     1\ta\n' },
  { given: 'env -i A=1 /usr/bin/env 2>/dev/null || env -i A=1 /bin/env', stdout: 'A=1\n' },
  { given: 'date -d @0 +%F; date -u -d @86400 "+%Y-%m-%d %H:%M:%S"', stdout: '1970-01-01\n1970-01-02 00:00:00\n' },
  { given: 'dd if=/dev/zero of=/tmp/z bs=1024 count=2 2>/dev/null; wc -c < /tmp/z', stdout: '2048\n' },
  { given: 'true && false; echo $?; test -e /etc/passwd && echo yes; which cat >/dev/null && echo has', stdout: '1\nyes\nhas\n' },
];

describe.each(['busybox:1.36', 'nginx:1.27'])('in %s', (image) => {
  test.each(SAME)('$given', async ({ given, stdout = '', stderr = '', code = 0 }) => {
    expect(await runIn(image, ['sh', '-c', given])).toEqual({ stdout, stderr, code });
    expect(await runIn(image, ['sh', '-c', given], { evicts: true })).toEqual({ stdout, stderr, code });
  });
});

describe('busybox says', () => {
  test.each([
    { given: 'rm /nope', stderr: "rm: can't remove '/nope': No such file or directory\n", code: 1 },
    { given: 'mkdir /etc', stderr: "mkdir: can't create directory '/etc': File exists\n", code: 1 },
    { given: 'cp /nope /tmp', stderr: "cp: can't stat '/nope': No such file or directory\n", code: 1 },
    { given: 'ls /nope', stderr: 'ls: /nope: No such file or directory\n', code: 1 },
    { given: 'rm /etc', stderr: "rm: can't remove '/etc': Is a directory\n", code: 1 },
    { given: 'wc /etc/passwd', stdout: '        2         2        89 /etc/passwd\n' },
    { given: 'sleep x', stderr: "sleep: invalid number 'x'\n", code: 1 },
    { given: 'echo | grep "a\\(b"', stderr: "grep: bad regex 'a\\(b': Unmatched ( or \\(\n", code: 2 },
    { given: 'head -c 3 /etc/passwd', stdout: 'roo' },
    { given: 'ps', stdout: 'PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 1000000\n    2 root      0:00 ps\n' },
  ] satisfies Row[])('$given', async ({ given, stdout = '', stderr = '', code = 0 }: Row) => {
    expect(await runIn('busybox:1.36', ['sh', '-c', given])).toEqual({ stdout, stderr, code });
  });
});

describe('Debian says', () => {
  test.each([
    { given: 'rm /nope', stderr: "rm: cannot remove '/nope': No such file or directory\n", code: 1 },
    { given: 'mkdir /etc', stderr: "mkdir: cannot create directory '/etc': File exists\n", code: 1 },
    { given: 'cp /nope /tmp', stderr: "cp: cannot stat '/nope': No such file or directory\n", code: 1 },
    { given: 'ls /nope', stderr: "ls: cannot access '/nope': No such file or directory\n", code: 2 },
    { given: 'id', stdout: 'uid=0(root) gid=0(root) groups=0(root)\n' },
    { given: 'echo | grep -E "[a"', stderr: 'grep: Unmatched [, [^, [:, [., or [=\n', code: 2 },
    { given: 'echo | grep -E "[b-a]"', stderr: 'grep: Invalid range end\n', code: 2 },
    { given: 'chmod 999 /tmp', stderr: "chmod: invalid mode: '999'\n", code: 1 },
    { given: 'ps', stderr: 'sh: 1: ps: not found\n', code: 127 },
  ] satisfies Row[])('$given', async ({ given, stdout = '', stderr = '', code = 0 }: Row) => {
    expect(await runIn('nginx:1.27', ['sh', '-c', given])).toEqual({ stdout, stderr, code });
  });
});

describe('over time', () => {
  test('tail -f tells what is added', () => {
    const lab = new Lab();
    lab.evicts = true;
    const { container } = lab.run({
      image: 'busybox',
      command: ['sh', '-c', 'echo a > /tmp/l; (sleep 3; echo b >> /tmp/l) & tail -f /tmp/l'],
    });
    lab.advance(5000);
    expect(lab.log(container)).toBe('a\nb\n');
  });

  test('timeout ends what takes too long', async () => {
    expect(await runIn('nginx:1.27', ['timeout', '2', 'sleep', '100'], { for: 3000 })).toEqual({ stdout: '', stderr: '', code: 124 });
    expect(await runIn('busybox', ['timeout', '2', 'sleep', '1'], { for: 3000 })).toEqual({ stdout: '', stderr: '', code: 0 });
  });

  test('a tool that is asked for is asked for again after an eviction', async () => {
    const lab = new Lab();
    const { container } = lab.run({ image: 'busybox', command: ['sleep', '1000'] });
    const session = lab.exec(container, ['sh', '-c', 'echo abc | awk "{gsub(/b/,\\"x\\");print}"']);
    expect(lab.world.tools.isBusy).toBe(true);
    lab.evict();
    lab.wake(container);
    await lab.settleTools();
    expect(lab.sessions.get(session)).toEqual({ stdout: 'axc\n', stderr: '', code: 0 });
  });
});
