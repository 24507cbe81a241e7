// One probe: a command, a request, a connection. Mirrors pkg/probe/{exec,http,tcp,grpc}.

import type { Container as ContainerSpec, Probe } from '../../api/gen/core-v1.ts';
import { formatDuration } from '../../lib/time.ts';
import { fromByteString } from '../../lib/text.ts';
import { connect } from '../../world/network/connect.ts';
import { checkHealth, closeSide } from '../../world/network/connection.ts';
import { execInContainer, killExec, takeExecResult } from '../../world/runtime/exec.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import type { ProbeOutcome } from './probes.ts';
import { closeRequest, resolvePort, responseOf, sendRequest, urlOf } from './probe-http.ts';
import { wakeAt } from './worker.ts';
import type { PodSync, ProbeRun } from './worker.ts';

const OK: ProbeOutcome = { success: true, message: '' };
const failure = (message: string): ProbeOutcome => ({ success: false, message });
const errored = (message: string): ProbeOutcome => ({ success: false, message, errored: true });

const timeoutMs = (probe: Probe): number => (probe.timeoutSeconds ?? 1) * 1000;

/** What came of it, or what is to be waited for. */
export function beginProbe(
  sync: PodSync,
  sandbox: Sandbox,
  container: Container,
  spec: ContainerSpec,
  probe: Probe,
): ProbeOutcome | ProbeRun {
  const { context, world } = sync;
  const startedAt = context.now();
  wakeAt(sync, startedAt + timeoutMs(probe), true);
  if (probe.exec) {
    const session = execInContainer(world, sandbox, container, { argv: probe.exec.command ?? [], captures: true });
    return ifDone(sync, sandbox, container, spec, probe, { startedAt, session });
  }
  if (probe.httpGet) {
    const sent = sendRequest(sync, sandbox, spec, probe.httpGet, 'probe');
    if (typeof sent === 'string') return sent.startsWith('Get ') ? failure(sent) : errored(sent);
    return ifDone(sync, sandbox, container, spec, probe, { startedAt, connection: sent.connection });
  }
  if (probe.tcpSocket) return tryConnection(sync, sandbox, spec, probe.tcpSocket.host, probe.tcpSocket.port);
  if (probe.grpc) return tryGrpc(sync, sandbox, probe.grpc, timeoutMs(probe));
  return errored(`missing probe handler for ${sync.pod.metadata.name}:${spec.name}`);
}

function ifDone(
  sync: PodSync,
  sandbox: Sandbox,
  container: Container,
  spec: ContainerSpec,
  probe: Probe,
  run: ProbeRun,
): ProbeOutcome | ProbeRun {
  const outcome = continueProbe(sync, sandbox, container, spec, probe, run);
  return outcome === 'running' ? run : outcome;
}

export function continueProbe(
  sync: PodSync,
  sandbox: Sandbox,
  container: Container,
  spec: ContainerSpec,
  probe: Probe,
  run: ProbeRun,
): ProbeOutcome | 'running' {
  const { context, world, machine } = sync;
  const isOverdue = context.now() >= run.startedAt + timeoutMs(probe);
  if (!isOverdue) wakeAt(sync, run.startedAt + timeoutMs(probe), true);
  if (run.session !== undefined) {
    const result = takeExecResult(world, sandbox, container, run.session);
    if (result === 'running') {
      if (!isOverdue) return 'running';
      killExec(world, sandbox, container, run.session);
      return failure(
        `command timed out: ${JSON.stringify((probe.exec?.command ?? []).join(' '))} timed out after ${formatDuration(timeoutMs(probe))}`,
      );
    }
    if (result.error !== undefined) return errored(`rpc error: code = Unknown desc = ${result.error}`);
    return result.code === 0 ? OK : failure(fromByteString(result.output));
  }
  const response = responseOf(world, run.connection ?? '');
  if (response === undefined && !isOverdue) return 'running';
  if (run.connection) closeRequest(world, run.connection);
  if (typeof response === 'number') {
    if (response >= 300 && response < 400) return { success: true, message: 'Probe terminated redirects, Response body: ' };
    return response >= 200 && response < 400 ? OK : failure(`HTTP probe failed with statuscode: ${response}`);
  }
  const port = resolvePort(spec, probe.httpGet!.port) as number;
  const url = urlOf(sandbox.hostNetwork ? machine.ip : sandbox.ip, probe.httpGet!, port);
  return failure(`Get ${JSON.stringify(url)}: ${response ?? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'}`);
}

function tryConnection(
  { world, machine }: PodSync,
  sandbox: Sandbox,
  spec: ContainerSpec,
  host: string | undefined,
  portOf: number | string,
): ProbeOutcome {
  const port = resolvePort(spec, portOf);
  if (typeof port === 'string') return errored(port);
  const address = host || (sandbox.hostNetwork ? machine.ip : sandbox.ip);
  const opened = connect(world, { machine: machine.name, namespace: '' }, address, port);
  if ('error' in opened)
    return failure(`dial tcp ${address}:${port}: ${opened.error === 'refused' ? 'connect: connection refused' : 'i/o timeout'}`);
  closeSide(world, opened.connection.id, 'client');
  return OK;
}

/** Who speaks no gRPC does not begin to: that ends with the probe's time, as if nobody were there. */
function tryGrpc(
  { world, machine }: PodSync,
  sandbox: Sandbox,
  { port, service }: NonNullable<Probe['grpc']>,
  timeout: number,
): ProbeOutcome {
  const address = sandbox.hostNetwork ? machine.ip : sandbox.ip;
  const opened = connect(world, { machine: machine.name, namespace: '' }, address, port);
  const health = 'error' in opened ? undefined : checkHealth(world, opened.connection, service);
  if (!('error' in opened)) closeSide(world, opened.connection.id, 'client');
  if (health === undefined)
    return failure(
      `timeout: failed to connect service ${JSON.stringify(`${address}:${port}`)} within ${formatDuration(timeout)}: context deadline exceeded`,
    );
  if (health === 'unknown') return failure('error: health rpc probe failed: rpc error: code = NotFound desc = unknown service');
  return health === 'NOT_SERVING' ? failure('service unhealthy (responded with "NOT_SERVING")') : OK;
}
