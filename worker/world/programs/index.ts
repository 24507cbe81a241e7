// Every program there is, by name: the tools (`commands/index.ts`), and services. A service is a file, and a line here.

import { commands } from '../commands/index.ts';
import type { Program } from '../process/program.ts';
import { agnhostPrograms } from './agnhost/index.ts';
import { coredns } from './control-plane/coredns.ts';
import { etcd } from './control-plane/etcd.ts';
import { kubeApiserver } from './control-plane/kube-apiserver.ts';
import { kubeControllerManager } from './control-plane/kube-controller-manager.ts';
import { kubeScheduler } from './control-plane/kube-scheduler.ts';
import { kubeProxy, podNetwork } from './control-plane/node-agents.ts';
import { mariadbd, mysqld, postgres } from './databases.ts';
import { httpd } from './httpd.ts';
import { redis } from './redis.ts';
import { bootcamp, echoServer, helloApp, hpaExample, httpEcho, pythonServer, whoamiApp } from './web-apps.ts';
import { ingressController } from './nginx/ingress-controller.ts';
import { nginx } from './nginx/index.ts';
import { cloudControllerManager } from './cloud-controller-manager.ts';
import { csiDisk } from './csi-disk.ts';
import { idle } from './idle.ts';
import { kubeWebhookCertgen } from './kube-webhook-certgen.ts';
import { metricsServer } from './metrics-server.ts';
import { pause } from './pause.ts';
import { sampleApiserver } from './sample-apiserver/index.ts';
import { resourceConsumer } from './resource-consumer.ts';
import { stress, vishStress } from './stress.ts';

const all = (): readonly Program[] =>
  [
    ...commands(),
    cloudControllerManager,
    csiDisk,
    ...agnhostPrograms,
    bootcamp,
    echoServer,
    helloApp,
    hpaExample,
    resourceConsumer,
    httpd,
    httpEcho,
    idle,
    pythonServer,
    redis,
    mariadbd,
    mysqld,
    postgres,
    whoamiApp,
    nginx,
    ingressController,
    kubeWebhookCertgen,
    metricsServer,
    pause,
    sampleApiserver,
    stress,
    vishStress,
    etcd,
    kubeApiserver,
    kubeControllerManager,
    kubeScheduler,
    kubeProxy,
    podNetwork,
    coredns,
  ] as readonly Program[];

let byName: ReadonlyMap<string, Program> | undefined;
const table = (): ReadonlyMap<string, Program> => (byName ??= new Map(all().map((program) => [program.name, program])));

/** Made when first asked for: programs use the system, and the system starts programs. */
export const programs: Pick<ReadonlyMap<string, Program>, 'get' | 'has'> = {
  get: (name) => table().get(name),
  has: (name) => table().has(name),
};
