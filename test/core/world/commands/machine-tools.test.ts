// systemctl, journalctl and conntrack on a machine, seen from a pod that has its root.

import { describe, expect, test } from 'vitest';
import { setService } from '../../../../worker/world/machine.ts';
import { expectOutput, run } from './on-machine.ts';
import type { Row } from './on-machine.ts';

describe('systemctl', () => {
  test.each([
    { name: 'a service that runs', command: 'systemctl is-active kubelet', stdout: 'active\n' },
    { name: 'a service that does not', command: 'systemctl stop kubelet; systemctl is-active kubelet', stdout: 'inactive\n', code: 3 },
    { name: 'no service', command: 'systemctl is-active x', stdout: 'inactive\n', code: 4 },
    { name: 'status of none', command: 'systemctl status x', stderr: 'Unit x.service could not be found.\n', code: 4 },
    {
      name: 'status',
      command: 'systemctl status kubelet -n 1',
      stdout: `● kubelet.service - kubelet: The Kubernetes Node Agent
     Loaded: loaded (/usr/lib/systemd/system/kubelet.service; enabled; preset: enabled)
    Drop-In: /usr/lib/systemd/system/kubelet.service.d
             └─10-kubeadm.conf
     Active: active (running) since Thu 2026-01-01 00:00:00 UTC; 1min 5s ago
       Docs: https://kubernetes.io/docs/
   Main PID: 437 (kubelet)
     CGroup: /system.slice/kubelet.service
             └─437 /usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml

Jan 01 00:00:00 node-1 kubelet[437]: I0101 00:00:00.000768     437 server.go:527] "Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""
`,
    },
    {
      name: 'status of one that was stopped',
      command: 'systemctl stop containerd; systemctl status containerd',
      stdout:
        /^○ containerd\.service - containerd container runtime\n.*\n {5}Active: inactive \(dead\) since .*; 0ms ago\n[^]*systemd\[1\]: Stopped containerd/,
      code: 3,
    },
    { name: 'starting none', command: 'systemctl start x', stderr: 'Failed to start x.service: Unit x.service not found.\n', code: 5 },
    {
      name: 'stopping none',
      command: 'systemctl stop x.service',
      stderr: 'Failed to stop x.service: Unit x.service not loaded.\n',
      code: 5,
    },
    {
      name: 'one that shall not start with its machine',
      command: 'systemctl disable --now kubelet; systemctl is-enabled kubelet; systemctl is-active kubelet',
      stdout: 'disabled\ninactive\n',
      stderr: 'Removed "/etc/systemd/system/multi-user.target.wants/kubelet.service".\n',
      code: 3,
    },
    {
      name: 'its files',
      command: 'systemctl cat kubelet',
      stdout: /^# \/usr\/lib[^]*ExecStart=\/usr\/bin\/kubelet\n[^]*10-kubeadm\.conf\n/,
    },
    {
      name: 'all of them',
      command: 'systemctl list-units',
      stdout: /^ {2}UNIT .*\n {2}containerd.service +loaded active running containerd container/,
    },
    { name: 'an unknown verb', command: 'systemctl nope', stderr: "Unknown command verb 'nope'.\n", code: 1 },
  ] satisfies Row[])('$name', expectOutput);
});

describe('journalctl', () => {
  const STARTED = 'Jan 01 00:00:00 node-1 systemd[1]: Started containerd.service - containerd container runtime.\n';
  const STOPPED =
    'Jan 01 00:01:05 node-1 systemd[1]: Stopping containerd.service - containerd container runtime...\nJan 01 00:01:05 node-1 systemd[1]: containerd.service: Deactivated successfully.\nJan 01 00:01:05 node-1 systemd[1]: Stopped containerd.service - containerd container runtime.\n';
  test.each([
    { name: 'a unit', command: 'journalctl -u containerd', stdout: STARTED },
    { name: 'what changed', command: 'systemctl stop containerd; journalctl -u containerd --no-pager', stdout: STARTED + STOPPED },
    {
      name: 'the last line',
      command: 'systemctl stop containerd; journalctl -u containerd -n 1 -o cat',
      stdout: 'Stopped containerd.service - containerd container runtime.\n',
    },
    { name: 'since', command: 'systemctl stop containerd; journalctl -u containerd --since "10 s ago"', stdout: STOPPED },
    { name: 'until', command: 'systemctl stop containerd; journalctl -u containerd --until -30s', stdout: STARTED },
    { name: 'by a pattern', command: 'journalctl -u kubelet -g "golang" -o cat', stdout: /^I0101 .* "Golang settings"/ },
    { name: 'no such unit', command: 'journalctl -u x', stdout: '-- No entries --\n' },
    { name: 'no time', command: 'journalctl --since never', stderr: 'Failed to parse timestamp: never\n', code: 1 },
  ] satisfies Row[])('$name', expectOutput);

  test('is followed', () => {
    const { lab, container } = run('true');
    const session = lab.exec(container, ['chroot', '/host', 'journalctl', '-fu', 'containerd', '-o', 'cat'], {});
    lab.advance(2000);
    setService(lab.world, lab.machine, 'containerd', 'inactive');
    lab.advance(2000);
    expect(lab.sessions.get(session)!.stdout.split('\n').slice(0, -1)).toEqual([
      'Started containerd.service - containerd container runtime.',
      'Stopping containerd.service - containerd container runtime...',
      'containerd.service: Deactivated successfully.',
      'Stopped containerd.service - containerd container runtime.',
    ]);
  });
});

describe('conntrack', () => {
  const HEAD = 'conntrack v1.4.8 (conntrack-tools): ';
  test.each([
    {
      options: '-L',
      want: /^tcp      6 431999 ESTABLISHED src=10\.244\.0\.2 dst=10\.244\.0\.3 sport=\d+ dport=99 src=10\.244\.0\.3 dst=10\.244\.0\.2 sport=99 dport=\d+ \[ASSURED\] mark=0 use=1\n$/,
      shown: 1,
    },
    { options: '-L -p tcp --dport 99', want: /dport=99/, shown: 1 },
    { options: '-L -p udp', want: /^$/, shown: 0 },
    { options: '-L -d 10.96.0.1', want: /^$/, shown: 0 },
  ])('$options', ({ options, want, shown }) => {
    const { lab, container } = run('true');
    const other = lab.run({ image: 'busybox:1.37', name: 'other', command: ['sh', '-c', 'sleep 100 | nc -l -p 99'] });
    lab.exec(container, ['sh', '-c', `sleep 100 | nc ${other.ip} 99`], {});
    lab.advance(100);
    const session = lab.exec(container, ['chroot', '/host', 'sh', '-c', `conntrack ${options}`], {});
    const { stdout, stderr, code } = lab.sessions.get(session)!;
    expect(stdout).toMatch(want);
    expect({ stderr, code }).toEqual({ stderr: `${HEAD}${shown} flow entries have been shown.\n`, code: 0 });
  });

  test.each([
    ['conntrack -C', '0\n', '', 0],
    ['conntrack', '', `${HEAD}You need to supply an operation\n`, 2],
  ])('%s', (command, stdout, stderr, code) => {
    expect(run(command)).toMatchObject({ stdout, stderr, code });
  });
});
