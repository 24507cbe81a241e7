// agnhost, the image of Kubernetes' own tests: what each of its subcommands prints and answers.

import { describe, expect, test } from 'vitest';
import { Lab } from './lab.ts';
import type { PodSpec } from './lab.ts';

const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';
const POD = { image: IMAGE, args: ['pause'] };

/** What a command in a second pod prints, with the first one's address; the world is lost after every event. */
function ask(spec: Omit<PodSpec, 'image'>, command: (ip: string) => string, ms = 5000): string {
  const lab = new Lab();
  const { ip } = lab.run({ name: 'app', image: IMAGE, ...spec });
  const { container } = lab.run({ ...POD, name: 'client' });
  lab.evicts = true;
  const session = lab.exec(container, ['sh', '-c', command(ip)]);
  lab.advance(ms);
  const { stdout, stderr } = lab.sessions.get(session)!;
  return stdout + stderr;
}

const netexec = { args: ['netexec', '--http-port=80', '--udp-port=81'] };

describe('servers', () => {
  test.each([
    { name: 'hostname', spec: netexec, command: (ip: string) => `curl -s ${ip}/hostname; curl -g -q -s ${ip}/hostName`, want: 'appapp' },
    {
      name: 'the address of who asks',
      spec: netexec,
      command: (ip: string) => `curl -s ${ip}/clientip | cut -d: -f1`,
      want: '10.244.0.3\n',
    },
    { name: 'a header', spec: netexec, command: (ip: string) => `curl -s -H 'X-A: b c' '${ip}/header?key=x-a'`, want: 'b c' },
    {
      name: 'all headers',
      spec: netexec,
      command: (ip: string) => `curl -s -A me -H 'x-a: b' '${ip}/header'`,
      want: '{"Accept":["*/*"],"User-Agent":["me"],"X-A":["b"]}',
    },
    {
      name: 'echo with a status',
      spec: netexec,
      command: (ip: string) => `curl -s -w ' %{http_code}' '${ip}/echo?msg=a+b%21&code=418'; curl -s '${ip}/echo?code=x'`,
      want: "a b! 418argument 'code' must be an integer or empty\n",
    },
    {
      name: 'health and readiness',
      spec: netexec,
      command: (ip: string) => `curl -s -w '%{http_code} ' ${ip}/healthz; curl -s ${ip}/readyz`,
      want: '200 ok',
    },
    {
      name: 'no server of datagrams, no health',
      spec: { args: ['netexec', '--http-port', '80', '--udp-port', '-1'] },
      command: (ip: string) => `curl -s -w '%{http_code}' ${ip}/healthz`,
      want: '412',
    },
    {
      name: 'a redirect',
      spec: netexec,
      command: (ip: string) => `curl -s -w '%{http_code} %{redirect_url}' -o /dev/null '${ip}/redirect?location=/echo%3Fmsg=x&code=307'`,
      want: '307 http://10.244.0.2/echo?msg=x',
    },
    {
      name: 'whatever is asked, one thing is meant',
      spec: { args: ['netexec', '--http-port=80', '--http-override=/echo?msg=always'] },
      command: (ip: string) => `curl -s ${ip}/hostname`,
      want: 'always',
    },
    {
      name: 'UDP',
      spec: netexec,
      command: (ip: string) => `echo hostName | nc -w 1 -u ${ip} 81; echo; echo echo Hi | nc -w 1 -u ${ip} 81`,
      want: 'app\nhi',
    },
    { name: 'UDP is not TCP', spec: netexec, command: (ip: string) => `nc -z -w 1 ${ip} 81 2> /dev/null; echo $?`, want: '1\n' },
    {
      name: 'dial: HTTP',
      spec: netexec,
      command: (ip: string) => `curl -s '${ip}/dial?request=hostname&protocol=http&host=${ip}&port=80&tries=2'`,
      want: '{"responses":["app","app"]}',
    },
    {
      name: 'dial: UDP',
      spec: netexec,
      command: (ip: string) => `curl -s '${ip}/dial?request=hostname&protocol=udp&host=${ip}&port=81'`,
      want: '{"responses":["app"]}',
    },
    {
      name: 'dial: nobody there',
      spec: netexec,
      command: (ip: string) => `curl -s '${ip}/dial?request=hostname&host=${ip}&port=82'`,
      want: '{"errors":["Get \\"http://10.244.0.2:82/hostname\\": dial tcp 10.244.0.2:82: connect: connection refused"]}',
    },
    {
      name: 'dial: nothing asked',
      spec: netexec,
      command: (ip: string) => `curl -s -w '%{http_code}' '${ip}/dial?host=${ip}&port=82'`,
      want: 'request parameter not specified. <nil>\n400',
    },
    {
      name: 'dial: a process that answers later',
      spec: { args: ['netexec', '--http-port=80'] },
      command: (ip: string) =>
        `(sleep 1; printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nslow') | nc -l -p 9 > /dev/null & sleep 0.1; curl -s "${ip}/dial?request=x&host=10.244.0.3&port=9"`,
      want: '{"responses":["slow"]}',
    },
    {
      name: 'what is no HTTP',
      spec: netexec,
      command: (ip: string) => `echo hostName | nc -w 2 ${ip} 80`,
      want: 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
    },
    {
      name: 'ss tells of one port',
      spec: netexec,
      command: (ip: string) =>
        `nc -l -p 7 & nc -l -p 8 & sleep 0.1; ss -ant 'sport = :7' | tail -n +2 | wc -l; ss -ant | tail -n +2 | wc -l; true ${ip}`,
      want: '1\n2\n',
    },
    {
      name: 'nettest',
      spec: { args: ['nettest', '--port=80'] },
      command: (ip: string) =>
        `curl -s -d '{"Source":"a"}' ${ip}/write; curl -s -d '{"Source":"a"}' ${ip}/write; curl -s ${ip}/read | grep -A2 Received`,
      want: '{"Hostname":"app"}\n{"Hostname":"app"}\n\t"Received": {\n\t\t"a": 2\n\t},\n',
    },
    { name: 'serve-hostname', spec: { args: ['serve-hostname'] }, command: (ip: string) => `curl -s ${ip}:9376`, want: 'app' },
    {
      name: 'serve-hostname by TCP and UDP',
      spec: { args: ['serve-hostname', '--tcp', '--udp', '--http=false', '--port=5'] },
      command: (ip: string) => `nc ${ip} 5 < /dev/null; echo; echo x | nc -u -w 1 ${ip} 5`,
      want: 'app\napp',
    },
    {
      name: 'test-webserver',
      spec: { command: ['sh', '-c', 'mkdir /d; echo hi > /d/f.txt; exec /agnhost test-webserver'] },
      command: (ip: string) =>
        `curl -s ${ip}/d/f.txt; curl -s ${ip}/d/; curl -s -o /dev/null -w '%{http_code} ' ${ip}/; curl -s ${ip}/none; curl -s ${ip}/localhost.crt | head -n 1`,
      want: 'hi\n<pre>\n<a href="f.txt">f.txt</a>\n</pre>\n200 404 page not found\n-----BEGIN CERTIFICATE-----\n',
    },
    {
      name: 'porter',
      spec: { args: ['porter', '--json-response'], env: { SERVE_PORT_80: 'foo', SERVE_PORT_81: 'bar' } },
      command: (ip: string) => `curl -s -X PUT ${ip}:80; curl -s ${ip}:81`,
      want: '{"Method":"PUT","Body":"foo"}{"Method":"GET","Body":"bar"}',
    },
    {
      name: 'what looks like a page is one',
      spec: { args: ['porter'], env: { SERVE_PORT_80: '<a href="/x">x</a>', SERVE_PORT_81: '<x>' } },
      command: (ip: string) => `curl -s -o /dev/null -w '%{content_type} ' ${ip}:80 ${ip}:81`,
      want: 'text/html; charset=utf-8 text/plain; charset=utf-8 ',
    },
    {
      name: 'liveness',
      spec: { args: ['liveness'] },
      command: (ip: string) => `curl -s ${ip}:8080/healthz; sleep 10.5; curl -s -w ' %{http_code}' ${ip}:8080/healthz`,
      want: 'okerror: 10.5 500',
    },
    {
      name: 'fake-gitserver',
      spec: { args: ['fake-gitserver'] },
      command: (ip: string) => `curl -s ${ip}:8000/x`,
      want: 'I am a fake git server',
    },
    {
      name: 'tcp-reset',
      spec: { args: ['tcp-reset', '--port=80'] },
      command: (ip: string) => `curl -s ${ip}; echo $?`,
      want: '52\n',
    },
    {
      name: 'audit-proxy',
      spec: { args: ['audit-proxy'] },
      command: (ip: string) =>
        `curl -s -o /dev/null -w '%{http_code} ' -d '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"level":"Metadata"}]}' ${ip}:8080; curl -s -o /dev/null -w '%{http_code}' -d x ${ip}:8080`,
      want: '200 500',
    },
    {
      name: 'no-snat-test: who asks',
      spec: { args: ['no-snat-test', '--port=80'], env: { POD_IP: '10.244.0.2', NODE_IP: '172.18.0.2' } },
      command: (ip: string) => `curl -s ${ip}/whoami | cut -d: -f1`,
      want: '10.244.0.3\n',
    },
    {
      name: 'no-snat-test: who is asked',
      spec: { args: ['no-snat-test', '--port=80'], env: { POD_IP: '10.244.0.2', NODE_IP: '172.18.0.2' } },
      command: (ip: string) =>
        `curl -s -w '%{http_code}\n' '${ip}/checknosnat?ips=${ip}:80'; agnhost=1 /agnhost no-snat-test-proxy --port=81 & sleep 0.1; curl -s -w ' %{http_code}' '127.0.0.1:81/checknosnat?target=${ip}&ips=${ip}:99'`,
      want: '200\nGet "http://10.244.0.2:99/whoami": dial tcp 10.244.0.2:99: connect: connection refused 500',
    },
  ])('$name', ({ spec, command, want }) => {
    expect(ask(spec, command, 15_000)).toBe(want);
  });

  test('netexec goes on for a while after SIGTERM, not ready', () => {
    const lab = new Lab();
    const { ip, container } = lab.run({ image: IMAGE, args: ['netexec', '--http-port=80', '--delay-shutdown=5'] });
    const client = lab.run({ ...POD, name: 'client' }).container;
    lab.stop(container);
    const session = lab.exec(client, ['sh', '-c', `curl -s -w ' %{http_code} ' ${ip}/readyz; curl -s -w '%{http_code}' ${ip}/healthz`]);
    lab.advance(4000);
    expect(lab.sessions.get(session)!.stdout).toBe('shutting down 503 200');
    expect(lab.find(container).container.state).toBe('running');
    lab.advance(1500);
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 0 });
  });

  test('netexec ends when told, with the code that it is told', () => {
    const lab = new Lab();
    const { ip, container } = lab.run({ image: IMAGE, args: ['netexec', '--http-port=80'] });
    const client = lab.run({ ...POD, name: 'client' }).container;
    lab.exec(client, ['curl', '-s', `${ip}/exit?code=3&wait=2s`]);
    lab.advance(1000);
    expect(lab.find(container).container.state).toBe('running');
    lab.advance(2000);
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 3 });
  });
});

describe('what ends by itself', () => {
  const DNS = 'search default.svc.cluster.local svc.cluster.local cluster.local';
  test.each([
    { name: 'entrypoint-tester', args: ['entrypoint-tester', 'a', '--b', 'c'], want: '[/agnhost entrypoint-tester a --b c]\n' },
    { name: 'dns-suffix', args: ['dns-suffix'], want: `${DNS.split(' ').slice(1).join(',')}\n` },
    { name: 'dns-server-list', args: ['dns-server-list'], want: '10.96.0.10\n' },
    { name: 'an unknown one', args: ['nope'], want: 'Error: unknown command "nope" for "app"\nRun \'app --help\' for usage.\n', code: 1 },
    {
      name: 'mounttest: a new file',
      args: ['mounttest', '--new_file_0644=/tmp/f', '--file_perm=/tmp/f', '--file_owner=/tmp/f', '--file_mode=/tmp'],
      want: 'content of file "/tmp/f": mount-tester new file\n\nmode of file "/tmp": dtrwxrwxrwx\nperms of file "/tmp/f": -rw-r--r--\nowner UID of "/tmp/f": 0\nowner GID of "/tmp/f": 0\n',
    },
    {
      name: 'mounttest: what is not there',
      args: ['mounttest', '--file_content=/none', '--fs_type=/none'],
      want: 'error from statfs("/none"): no such file or directory\nerror reading file content for "/none": open /none: no such file or directory\n',
      code: 1,
    },
    {
      name: 'mounttest: a file that comes',
      args: ['mounttest', '--file_content_in_loop=/none', '--retry_time=3'],
      want: 'Error reading file /none: open /none: no such file or directory, retrying\nError reading file /none: open /none: no such file or directory, retrying\n',
      code: 1,
    },
    { name: 'pause', args: ['pause'], want: 'Paused\n', code: undefined },
  ])('$name', ({ args, want, ...ends }) => {
    const lab = new Lab();
    lab.evicts = true;
    const { container } = lab.run({ image: IMAGE, args });
    lab.advance(10_000);
    expect(lab.log(container)).toBe(want);
    const code = 'code' in ends ? ends.code : 0;
    expect(lab.find(container).container).toMatchObject(code === undefined ? { state: 'running' } : { state: 'exited', exitCode: code });
  });

  test('a link to it is it', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: IMAGE, command: ['/agnhost-2'], args: ['entrypoint-tester', 'x'] });
    lab.advance(100);
    expect(lab.log(container)).toBe('[/agnhost-2 entrypoint-tester x]\n');
  });

  test('logs-generator writes its lines evenly', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: IMAGE, args: ['logs-generator', '--log-lines-total=100', '-d', '10s'] });
    const count = (): number => lab.log(container).split('\n').length - 1;
    lab.advance(4950);
    expect(count()).toBe(50);
    lab.advance(6000);
    expect(count()).toBe(100);
    expect(lab.log(container)).toMatch(/\] 99 (GET|POST|PUT) \/api\/v1\/namespaces\/[a-z-]+\/pods\/[a-z0-9]{3,4} \d{3}\n$/);
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 0 });
  });

  test('pause ends by the number of its signal', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: IMAGE });
    lab.stop(container);
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 2 });
  });
});

test.each([
  { name: 'an executable that runs as its owner', given: {}, want: 'Effective uid: 0\n' },
  {
    name: 'no new privileges',
    given: { privileges: { capabilities: '0000000000000000', filtersCalls: false, mayNotGain: true } },
    want: 'Effective uid: 1000\n',
  },
])('$name', ({ given, want }) => {
  const lab = new Lab();
  const image = 'registry.k8s.io/e2e-test-images/nonewprivs:1.3';
  const { container } = lab.run({ image, user: 1000, ...given });
  expect(lab.log(container)).toBe(want);
  const other = lab.run({ image, command: ['sh', '-c', 'nnp; id -u'], name: 'other', user: 1000, ...given });
  expect(lab.log(other.container)).toBe(`${want}1000\n`);
});

test.each([
  { name: 'ash hands on what cannot be its variable', shell: 'busybox', want: 'a-b=1\n' },
  { name: 'dash does not', shell: 'debian', want: '' },
])('$name', ({ shell, want }) => {
  const lab = new Lab();
  const { container } = lab.run({ image: shell, command: ['sh', '-c', 'env | grep a-b'], env: { 'a-b': '1' } });
  lab.advance(100);
  expect(lab.log(container)).toBe(want);
});
