// How requests come in, from outside and from programs of the cluster, and what they and components wait for: webhooks, extenders, aggregated servers. A request that has to wait
// is run again from its start when the answer is there, so between two of its attempts nothing of it is left behind.

import { Pending } from '../api/admission.ts';
import type { External, ExternalAnswer, ExternalRequest } from '../api/admission.ts';
import type { Controller } from '../api/controller.ts';
import { serviceUnavailable, unknownError } from '../api/status.ts';
import type { StatusError } from '../api/status.ts';
import type { Random } from '../lib/host.ts';
import type { Server } from '../server/context.ts';
import { Queued, Seat } from '../server/flow-control/seat.ts';
import type { HttpRequest, Reply } from '../server/http.ts';
import { handle, refuse } from '../server/server.ts';
import type { Course } from './course.ts';
import type { Loop } from './loop.ts';
import type { Platform } from './options.ts';
import { Outbox } from './outbox.ts';
import type { Saving } from './saving.ts';
import type { Simulation } from './simulation.ts';
import { Attempts, ComponentCalls, isWithin, ServiceCalls } from './webhook-calls.ts';

/** What kubectl says of a server that is not there. Here somebody answers: the host of the cloud, in its place. */
const REFUSED = 'The connection to the server was refused: kube-apiserver is not running on the control-plane node';
/** Paths of resources; what comes before them are documents of discovery. */
const NEEDS_STORAGE = /^\/(api\/[^/]+|apis\/[^/]+\/[^/]+)\/./;

interface Parts {
  readonly platform: Platform;
  readonly random: Random;
  readonly course: Course;
  readonly saving: Saving;
  server(): Server;
  loop(): Loop;
  controlPlane(): Simulation['controlPlane'];
}

export class Requests {
  /** What components' requests wait for. */
  readonly componentCalls = new ComponentCalls();
  /** What goes out on their connections, once it is saved. */
  readonly outbox = new Outbox();
  readonly #parts: Parts;
  readonly #serviceCalls: ServiceCalls;
  /** Of whoever is asking just now. */
  #external: External = this.componentCalls;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#serviceCalls = new ServiceCalls((controller, key, requeue) => parts.loop().enqueue(controller, key, requeue));
  }

  /** Ends calls whose time is over. */
  get controller(): Controller {
    return this.#serviceCalls.controller;
  }

  /** Asks on behalf of whoever is asking just now. Throws `Pending`. */
  call(request: ExternalRequest): ExternalAnswer {
    return this.#external.call(request);
  }

  /** Answers a request from outside. `isBusy`: others are on their way in; what they write is saved together. */
  async answer(request: HttpRequest, isBusy: boolean): Promise<Reply> {
    const seat = new Seat(this.#parts.server().flow);
    try {
      return await this.#answerSeated(request, seat, isBusy);
    } finally {
      seat.leave();
    }
  }

  async #answerSeated(request: HttpRequest, seat: Seat, isBusy: boolean): Promise<Reply> {
    const { course, platform, saving } = this.#parts;
    const attempts = new Attempts();
    const late = course.catchUp();
    if (late) await late;
    course.attend();
    for (;;) {
      course.advance();
      try {
        const outage = this.#outage(request);
        if (outage) return refuse(this.#parts.server(), request, outage);
        const reply = this.#attempt(attempts, request, seat);
        if (isBusy && platform.store.isDirty) await saving.together();
        else saving.commit();
        if (reply instanceof Promise) platform.wake();
        return this.outbox.wrap(await reply, (work) => this.#step(work));
      } catch (error) {
        if (error instanceof Queued) await error.decision;
        else if (!(error instanceof Pending)) throw error;
        else attempts.learn(error.request, await this.ask(error.request));
      }
    }
  }

  /** Answers a request of a program in the cluster, at the time at which the world is. Throws `Pending`. */
  answerWithin(request: HttpRequest, attempts: Attempts): Reply | Promise<Reply> {
    const outage = this.#outage(request);
    return outage ? refuse(this.#parts.server(), request, outage) : this.#attempt(attempts, request);
  }

  #attempt(attempts: Attempts, request: HttpRequest, seat?: Seat): Reply | Promise<Reply> {
    this.#external = attempts;
    try {
      return attempts.run(this.#parts.random, () => handle(this.#parts.server(), request, attempts, seat));
    } finally {
      this.#external = this.componentCalls;
    }
  }

  /** The answer of a server outside, or of a service of the cluster. */
  ask(request: ExternalRequest): Promise<ExternalAnswer> {
    const { platform } = this.#parts;
    if (!isWithin(request)) return platform.callOutside(request);
    platform.wake();
    return new Promise((resolve) => {
      this.#serviceCalls.call(this.#parts.server(), request, resolve);
    });
  }

  /** A component that has to wait for an answer is called again when it is there. */
  askFor(controller: string, key: string, request: ExternalRequest): void {
    if (!this.componentCalls.begin(request)) return;
    const finish = (answer: ExternalAnswer): void => {
      this.componentCalls.finish(request, answer);
      this.#parts.loop().enqueue(controller, key);
    };
    // What answers inside of the cluster does so in a step of its own.
    if (isWithin(request)) this.#serviceCalls.call(this.#parts.server(), request, finish);
    else void this.#parts.platform.callOutside(request).then((answer) => this.#step(() => finish(answer)));
  }

  /** Something that came in on an open connection. */
  #step(work: () => void): void {
    const { course, platform, saving } = this.#parts;
    course.advance();
    course.attend();
    work();
    saving.commit();
    platform.wake();
  }

  /** Without an API server, or without its etcd, nothing is answered but what needs neither. */
  #outage({ path }: HttpRequest): StatusError | undefined {
    const { api } = this.#parts.controlPlane();
    if (api === 'refused') return serviceUnavailable(REFUSED);
    return api === 'no-storage' && NEEDS_STORAGE.test(path) ? unknownError('etcdserver: request timed out') : undefined;
  }
}
