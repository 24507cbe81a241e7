// What one finds on a machine's disk of what runs there.

import { describe, expect, test } from 'vitest';
import { expectOutput, run } from './commands/on-machine.ts';
import type { Row } from './commands/on-machine.ts';

describe('logs', () => {
  test.each([
    { name: 'a directory for each pod', command: 'ls /var/log/pods', stdout: 'default_web_uid-web\n' },
    {
      name: 'lines as the runtime writes them',
      command: 'cat /var/log/pods/*/main/0.log',
      stdout: '2026-01-01T00:01:00.000000000Z stdout F hello\n',
    },
    { name: 'links', command: 'ls /var/log/containers', stdout: 'web_default_main-<ID>.log\n' },
    { name: 'where they lead', command: 'readlink /var/log/containers/*', stdout: '/var/log/pods/default_web_uid-web/main/0.log\n' },
    { name: 'through a link', command: 'grep -c hello /var/log/containers/web_*.log', stdout: '1\n' },
    { name: 'size and time', command: "stat -c '%s %Y %a' /var/log/pods/*/*/*", stdout: '46 1767225660 640\n' },
    { name: 'found', command: 'find /var/log/pods -name "*.log" | wc -l', stdout: '1\n' },
    {
      name: 'not removed',
      command: 'rm /var/log/pods/*/main/0.log',
      stderr: /Read-only file system/,
      code: 1,
    },
    { name: 'not there', command: 'cat /var/log/pods/default_other_uid-web/main/0.log', stderr: /No such file or directory/, code: 1 },
    {
      name: 'files beside them',
      command: 'echo x >/var/log/containers/y; ls /var/log/containers | wc -l; rm /var/log/containers/y',
      stdout: '2\n',
    },
  ] satisfies Row[])('$name', expectOutput);

  test('are followed by who mounts them', () => {
    const { lab } = run('true');
    lab.run({ name: 'loud', image: 'busybox:1.37', command: ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo line $i; sleep 2; done'] });
    const agent = lab.run({
      name: 'agent',
      image: 'busybox:1.37',
      command: ['sh', '-c', 'tail -n 1 -F /var/log/containers/loud_*.log | grep --line-buffered -o "line [0-9]*"'],
      mounts: [{ path: '/var/log', source: { type: 'host', path: '/var/log' }, readOnly: true }],
    });
    lab.advance(7000);
    expect(lab.log(agent.container)).toBe('line 1\nline 2\nline 3\nline 4\n');
  });

  test('are rotated, and those who follow begin anew', () => {
    const { lab } = run('true');
    lab.evicts = false;
    const loud = lab.run({ name: 'loud', image: 'busybox:1.37', command: ['sh', '-c', 'seq 100000 | sed "s/^/number /"; sleep 1000'] });
    lab.advance(60_000);
    const agent = lab.run({
      name: 'agent',
      image: 'busybox:1.37',
      command: ['sleep', '1000'],
      mounts: [{ path: '/host', source: { type: 'host', path: '/' }, readOnly: false }],
    });
    const session = lab.exec(agent.container, [
      'sh',
      '-c',
      'cd /host/var/log/pods/*loud*/main; ls; tail -qn 1 0.log.* | cut -d" " -f5; head -1 0.log | cut -d" " -f5',
    ]);
    const [first, second, last, next] = lab.sessions.get(session)!.stdout.split('\n');
    expect([first, second]).toEqual(['0.log', '0.log.20260101-000108']);
    expect(Number(next)).toBe(Number(last) + 1);
    expect(lab.find(loud.container).container.state).toBe('running');
  });
});

describe('pods and tasks', () => {
  const MOUNTS = [
    { path: '/data', source: { type: 'volume', id: 'uid-other/data' }, readOnly: false },
    { path: '/keys', source: { type: 'volume', id: 'uid-other/keys', place: 'volumes/kubernetes.io~secret/keys' }, readOnly: true },
  ] as const;

  test.each([
    { name: 'a directory for each', command: 'ls /var/lib/kubelet/pods', want: 'uid-other\nuid-web\n' },
    {
      name: 'volumes by what fills them',
      command: 'cd /var/lib/kubelet/pods/uid-other; ls; ls volumes',
      want: 'containers\nplugins\nvolumes\nkubernetes.io~empty-dir\nkubernetes.io~secret\n',
    },
    {
      name: 'what is in them',
      command: 'cat /var/lib/kubelet/pods/uid-other/volumes/kubernetes.io~empty-dir/data/f',
      want: 'from within\n',
    },
    {
      name: 'what is put into them',
      command:
        'echo hi >/var/lib/kubelet/pods/uid-other/volumes/kubernetes.io~empty-dir/data/g; crictl exec --name other cat /data/g | tail -1',
      want: 'hi\n',
    },
    {
      name: 'root file systems',
      command: 'cat /run/containerd/io.containerd.runtime.v2.task/k8s.io/$(crictl ps -q --name other)/rootfs/tmp/mine',
      want: 'own\n',
    },
    {
      name: 'process ids',
      command:
        'cd /run/containerd/io.containerd.runtime.v2.task/k8s.io; ID=$(crictl ps -q --name other); [ $(cat $ID/init.pid) = $(crictl inspect -o go-template --template "{{.info.pid}}" $ID) ] && echo same',
      want: 'same\n',
    },
  ])('$name', ({ command, want }) => {
    const { lab, container } = run('true');
    const { sandbox } = lab.run({ name: 'other', image: 'busybox:1.37', command: ['true'] });
    lab.addContainer(sandbox, {
      name: 'other',
      image: 'busybox:1.37',
      command: ['sh', '-c', 'echo from within >/data/f; echo own >/tmp/mine; sleep 100'],
      mounts: MOUNTS,
    });
    const session = lab.exec(container, ['chroot', '/host', 'sh', '-c', command]);
    lab.advance(1000);
    expect(lab.sessions.get(session)).toEqual({ stdout: want, stderr: '', code: 0 });
  });
});
