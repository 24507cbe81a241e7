// crictl on a machine, seen from a pod that has its root.

import { describe, expect, test } from 'vitest';
import { expectOutput, run } from './on-machine.ts';
import type { Row } from './on-machine.ts';

const UNAVAILABLE = /time="2026-01-01T00:01:05Z" level=error msg="validate service connection: .* connect: connection refused\\""\n/;

describe('crictl', () => {
  test.each([
    { name: 'ids', command: 'crictl ps -q', stdout: '<ID>\n' },
    {
      name: 'a table of containers',
      command: 'crictl ps',
      stdout:
        /^CONTAINER {11}IMAGE {15}CREATED {13}STATE {15}NAME {16}ATTEMPT {13}POD ID {14}POD {17}NAMESPACE\n[0-9a-f]{13} {7}[0-9a-f]{13} {7}5 seconds ago {7}Running {13}main {16}0 {19}[0-9a-f]{13} {7}web {17}default\n$/,
    },
    { name: 'by name', command: 'crictl ps -q --name other', stdout: '' },
    {
      name: 'pods',
      command: 'crictl pods',
      stdout: /^POD ID .*\n[0-9a-f]{13} {7}5 seconds ago {7}Ready {15}web {17}default {13}0 {19}\(default\)\n$/,
    },
    {
      name: 'images',
      command: 'crictl images',
      stdout: /^IMAGE +TAG +IMAGE ID +SIZE\ndocker\.io\/library\/busybox +1\.37 +[0-9a-f]{13} +\S+MB\n$/,
    },
    { name: 'logs', command: 'crictl logs <ID>', stdout: 'hello\n' },
    { name: 'logs with times', command: 'crictl logs -t --tail=1 <ID>', stdout: '2026-01-01T00:01:00.000000000Z hello\n' },
    { name: 'a container', command: 'crictl inspect <ID>', stdout: /"state": "CONTAINER_RUNNING"/ },
    { name: 'a pod', command: 'crictl inspectp -o yaml $(crictl pods -q)', stdout: /\n {2}state: SANDBOX_READY\n/ },
    { name: 'an image', command: 'crictl inspecti busybox:1.37', stdout: /"repoTags": \[\n {6}"docker.io\/library\/busybox:1.37"/ },
    {
      name: 'no container',
      command: 'crictl logs abc',
      stderr:
        /^E0101 00:01:05\.\d{6} +\d+ log\.go:32\] "ContainerStatus from runtime service failed" err="rpc error: code = NotFound desc = an error occurred when try to find container \\"abc\\": not found" containerID="abc"\ntime="2026-01-01T00:01:05Z" level=error msg="rpc error: /,
      code: 1,
    },
    { name: 'no runtime', command: 'systemctl stop containerd; crictl ps', stderr: UNAVAILABLE, code: 1 },
    {
      name: 'one that runs is not removed',
      command: 'crictl rm <ID>',
      stderr: / is running, please stop it first/,
      code: 1,
    },
    {
      name: 'an image is removed',
      command: 'crictl rmi busybox:1.37; crictl images -q',
      stdout: 'Deleted: docker.io/library/busybox:1.37\n',
    },
    {
      name: 'an image is pulled',
      command: 'crictl pull nginx:1.27; crictl images -q | wc -l',
      stdout: /^Image is up to date for sha256:[0-9a-f]{64}\n2\n$/,
    },
    { name: 'logs since', command: 'crictl logs --since 1s <ID>', stdout: '' },
    { name: 'logs of one stream', command: 'crictl logs -s stderr <ID>', stdout: '' },
    { name: 'logs, so many bytes', command: 'crictl logs --limit-bytes=3 <ID>', stdout: 'hel' },
    {
      name: 'a stream that is none',
      command: 'crictl logs --stream=x <ID>',
      stderr: /msg="invalid stream \\"x\\", must be \\"stdout\\" or \\"stderr\\""\n$/,
      code: 1,
    },
    {
      name: 'no logs before the first',
      command: 'crictl logs -p <ID>',
      stderr: /msg="previous terminated container main not found"\n$/,
      code: 1,
    },
    {
      name: 'flags behind an argument are arguments',
      command: 'crictl logs <ID> --tail=1 | head -2',
      stdout: 'NAME:\n   crictl logs - Fetch the logs of a container\n',
    },
    {
      name: 'an unknown flag',
      command: 'crictl ps --nope | head -1',
      stdout: 'Incorrect Usage: flag provided but not defined: -nope\n',
      stderr: /level=error msg="flag provided but not defined: -nope"\n$/,
    },
    {
      name: 'a field by a template',
      command: 'crictl inspect -o go-template --template "{{.status.metadata.name}} {{range .status.labels}}{{.}},{{end}}" <ID>',
      stdout: 'main main,web,default,uid-web,\n',
    },
    {
      name: 'a field that is not there',
      command: 'crictl inspect -o go-template --template "{{.nope}}" <ID>',
      stderr: /map has no entry for key \\"nope\\""\n$/,
      code: 1,
    },
    {
      name: 'a container in words',
      command: 'crictl inspect -q -o table <ID> | head -3',
      stdout: /^ID: [0-9a-f]{64}\nName: main\nState: CONTAINER_RUNNING\n$/,
    },
    { name: 'ids in JSON', command: 'crictl ps -o json | grep podSandboxId | wc -l', stdout: '1\n' },
    { name: 'containers in full', command: 'crictl ps -v | grep -A1 Attempt', stdout: 'Attempt: 0\nState: Running\n' },
    { name: 'by a label', command: 'crictl ps -q --label io.kubernetes.pod.name=web', stdout: '<ID>\n' },
    { name: 'by a label that none has', command: 'crictl ps -q --label a=b', stdout: '' },
    {
      name: 'a label that is none',
      command: 'crictl ps --label a',
      stderr: /msg="incorrectly specified label: a"\n$/,
      code: 1,
    },
    { name: 'images by a pattern', command: 'crictl images -q -f reference=nope', stdout: '' },
    {
      name: 'a command in a container',
      command: 'crictl exec <ID> sh -c "echo out; echo err >&2; exit 3"',
      stdout: 'out\n',
      stderr: /^err\ntime=.* level=error msg="execing command in container [0-9a-f]+: command terminated with exit code 3"\n$/,
      code: 1,
    },
    { name: 'a command with input', command: 'echo a b | crictl exec -i <ID> wc -w', stdout: '2\n' },
    { name: 'much output of a command', command: 'crictl exec <ID> seq 60000 | tail -1', stdout: '60000\n' },
    {
      name: 'a command without end is let go',
      command: 'crictl exec <ID> yes | head -1; crictl exec <ID> pidof yes || echo gone',
      stdout: 'y\ngone\n',
      stderr: /exit code 1/,
      code: 0,
    },
    {
      name: 'a command in those that match',
      command: 'crictl exec --name ma.n hostname',
      stdout: /^[0-9a-f]{64}:\nweb\n$/,
    },
    { name: 'a command that is waited for', command: 'crictl exec -s <ID> echo hi', stdout: 'hi\n\n\n' },
    {
      name: 'a command that takes too long',
      command: 'crictl exec -s --timeout 1 <ID> sleep 10',
      stderr: /synchronously: rpc error: code = DeadlineExceeded desc = .*timeout 1s exceeded/,
      code: 1,
    },
    {
      name: 'a command that is not there',
      command: 'crictl exec <ID> nope',
      stderr:
        /Internal error occurred: error executing command in container: failed to exec in container: .*exec: \\"nope\\": executable file not found in \$PATH/,
      code: 1,
    },
    { name: 'no terminal', command: 'crictl exec -it <ID> sh', stderr: /: input is not a terminal"\n$/, code: 1 },
    {
      name: 'what containers use',
      command: 'crictl stats',
      stdout: /CONTAINER +NAME +CPU % +MEM +DISK +INODES +SWAP\n[0-9a-f]{13} +main +\d\.\d\d +\S+B +28.67kB +10 +0B\n$/,
    },
    { name: 'what pods use', command: 'crictl statsp', stdout: /POD +POD ID +CPU % +MEM\nweb +[0-9a-f]{13} +0\.00 +\S+MB\n$/ },
    { name: 'what pods use, in JSON', command: 'crictl statsp -o json | grep -c usageCoreNanoSeconds', stdout: '2\n' },
    { name: 'whether the runtime is ready', command: 'crictl info -q | grep -c \'"status": true\'', stdout: '3\n' },
    {
      name: 'the versions',
      command: 'crictl version',
      stdout: /^Version: {2}0\.1\.0\nRuntimeName: {2}containerd\nRuntimeVersion: {2}v2\.2\.2\n/,
    },
    { name: 'its own version', command: 'crictl --version', stdout: 'crictl version 1.36.0\n' },
    {
      name: 'its configuration is changed',
      command:
        'crictl config --set timeout=10,debug=true; crictl config --get timeout; tail -2 /etc/crictl.yaml; grep -c "" /etc/crictl.yaml',
      stdout: '10\npull-image-on-create: false\ndisable-pull-on-run: false\n6\n',
    },
    {
      name: 'another endpoint',
      command: 'crictl config --set runtime-endpoint=unix:///nope.sock; crictl ps',
      stderr: /endpoint \\"unix:\/\/\/nope\.sock\\": .*dial unix \/nope\.sock: connect: no such file or directory/,
      code: 1,
    },
    {
      name: 'no endpoint',
      command: 'rm /etc/crictl.yaml; crictl ps -q',
      stdout: '<ID>\n',
      stderr: /level=warning msg="runtime connect using default endpoints: \[unix:\/\/\/run\/containerd\/containerd\.sock /,
    },
    {
      name: 'all that went wrong',
      command: 'crictl rm abc def',
      stderr: /msg="getting container status \\"abc\\": .*\\ngetting container status \\"def\\": /,
      code: 1,
    },
    {
      name: 'images that nobody uses are removed',
      command: 'crictl pull nginx:1.27 >/dev/null; crictl rmi --prune',
      stdout: 'Deleted: docker.io/library/nginx:1.27\n',
    },
    {
      name: 'help',
      command: 'crictl help stopp',
      stdout:
        'NAME:\n   crictl stopp - Stop one or more running pods\n\nUSAGE:\n   crictl stopp [command options] POD-ID [POD-ID...]\n\nOPTIONS:\n   --help, -h  show help\n',
    },
    { name: 'an unknown verb', command: 'crictl nope', stderr: "No help topic for 'nope'\n", code: 3 },
  ] satisfies Row[])('$name', expectOutput);

  test('stops a container', () => {
    const { lab, container } = run('true');
    const other = lab.run({ image: 'busybox:1.37', name: 'other', command: ['sleep', '100'] });
    const session = lab.exec(container, ['chroot', '/host', 'crictl', 'stop', other.container], {});
    expect(lab.sessions.get(session)).toMatchObject({ stdout: `${other.container}\n`, code: 0 });
    expect(lab.world.sandboxes.get(other.sandbox)!.containers[0]).toMatchObject({ state: 'exited', exitCode: 137 });
  });

  test('execs with a terminal', () => {
    const { lab, container } = run('true');
    const other = lab.run({ image: 'busybox:1.37', name: 'other', command: ['sleep', '100'] });
    const session = lab.exec(container, ['chroot', '/host', 'crictl', 'exec', '-it', other.container, 'sh'], { tty: true });
    lab.type(container, session, 'hostname; tty\r');
    lab.type(container, session, 'sleep 50\r');
    lab.type(container, session, '\x03');
    lab.type(container, session, 'exit 4\r');
    const { stdout, code } = lab.sessions.get(session)!;
    expect(stdout).toContain('hostname; tty\r\nother\r\n/dev/pts/0\r\n');
    expect(stdout).toContain('sleep 50\r\n^C');
    expect(stdout).toMatch(/ERRO.*exit code 4/);
    expect(code).toBe(1);
    expect(lab.world.namespaces.get(other.container)!.sessions).toEqual({});
  });

  test('is let go of by a container that ends', () => {
    const { lab, container } = run('true');
    const other = lab.run({ image: 'busybox:1.37', name: 'other', command: ['sleep', '100'] });
    const session = lab.exec(container, ['chroot', '/host', 'crictl', 'exec', other.container, 'sleep', '50'], {});
    lab.stop(other.container, 0);
    expect(lab.sessions.get(session)).toMatchObject({ code: 1, stderr: expect.stringContaining('exit code 137') as string });
  });

  test('attaches to what runs', () => {
    const { lab, container } = run('true');
    const other = lab.run({
      image: 'busybox:1.37',
      name: 'other',
      stdin: true,
      command: ['sh', '-c', 'printf "name? "; read n; echo hello $n; sleep 100'],
    });
    const session = lab.exec(container, ['chroot', '/host', 'crictl', 'attach', '-i', other.container], { stdin: '', open: true });
    lab.type(container, session, 'you\n');
    lab.advance(1000);
    expect(lab.sessions.get(session)).toMatchObject({ stdout: 'hello you\n', code: undefined });
    lab.stop(other.container, 0);
    lab.advance(1000);
    expect(lab.sessions.get(session)).toMatchObject({ code: 0 });
  });

  test('watches what is used until it is interrupted', () => {
    const { lab, container } = run('true');
    const session = lab.exec(container, ['chroot', '/host', 'crictl', 'stats', '--watch'], { tty: true });
    lab.advance(5000);
    lab.type(container, session, '\x03');
    expect(lab.sessions.get(session)!.stdout.split('CONTAINER').length - 1).toBe(4);
    expect(lab.sessions.get(session)!.code).toBe(0);
  });
});
