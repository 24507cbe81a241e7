// Processes of a machine, seen from a pod that shares its namespace of processes.

import { describe, expect, test } from 'vitest';
import { Lab } from './lab.ts';

function root(): { lab: Lab; container: string; redis: { sandbox: string; container: string } } {
  const lab = new Lab();
  const redis = lab.run({ name: 'redis', image: 'redis:7' });
  const { container } = lab.run({
    name: 'root',
    image: 'busybox:1.37',
    command: ['sleep', '1000'],
    hostPid: true,
    mounts: [{ path: '/host', source: { type: 'host', path: '/' }, readOnly: false }],
  });
  return { lab, container, redis };
}

function run(lab: Lab, command: string): { stdout: string; stderr: string; code: number | undefined } {
  const found = lab.world.sandboxes.values().find(({ hostPid }) => hostPid)!;
  const session = lab.exec(found.containers[0]!.id, ['chroot', '/host', 'sh', '-c', command]);
  lab.wake('node-1@host');
  lab.settle();
  return lab.sessions.get(session)!;
}

describe('processes of a machine', () => {
  test.each([
    { name: 'systemd is the first', command: 'ps -eo pid,args | sed -n 2p', want: /^ +1 \/sbin\/init\n$/ },
    { name: 'services', command: 'ps -ef | grep -c "/usr/bin/[k]ubelet"', want: '1\n' },
    { name: 'a service by its name', command: 'pgrep -x kubelet', want: '437\n' },
    {
      name: 'a shim for each sandbox',
      command: 'ps -eo args | grep -c "^/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id"',
      want: '2\n',
    },
    { name: 'programs of containers', command: 'ps -eo args | grep "[r]edis-server"', want: /^redis-server \*:6379\n$/ },
    {
      name: 'as the runtime numbers them',
      command:
        '[ $(pidof redis-server) = $(crictl inspect -o go-template --template "{{.info.pid}}" $(crictl ps -q --name main --label io.kubernetes.pod.name=redis)) ] && echo same',
      want: 'same\n',
    },
    { name: 'with their arguments', command: 'ps -ef | grep -c -- "/usr/bin/kubelet --[b]ootstrap-kubeconfig"', want: '1\n' },
    { name: 'its own come late', command: 'ps -eo pid,args | grep "[s]leep 1000"', want: /^ *31000 sleep 1000\n$/ },
  ])('$name', ({ command, want }) => {
    const { lab } = root();
    const { stdout, stderr } = run(lab, command);
    expect(stderr).toBe('');
    if (typeof want === 'string') expect(stdout).toBe(want);
    else expect(stdout).toMatch(want);
  });

  test('are killed', () => {
    const { lab, redis } = root();
    expect(run(lab, 'kill -9 $(pidof redis-server)').code).toBe(0);
    expect(lab.find(redis.container).container).toMatchObject({ state: 'exited', exitCode: 137 });
    expect(run(lab, 'pidof redis-server').code).toBe(1);
  });

  test('are started again by systemd', () => {
    const { lab } = root();
    expect(
      run(lab, 'kill 437; systemctl is-active kubelet; pgrep -x kubelet; journalctl -u kubelet -o cat | grep -c Scheduled').stdout,
    ).toMatch(/^active\n(?!437\n)\d+\n1\n$/);
  });

  test('that are not there are not killed', () => {
    const { lab } = root();
    expect(run(lab, 'kill -9 4444')).toMatchObject({ code: 1 });
  });
});
