// resource-consumer: uses as much CPU and memory as it is told, for as long, and shows metrics that it is told. Mirrors test/images/resource-consumer.

import { httpListener } from '../network/http-server.ts';
import type { HttpAnswer, HttpRequest } from '../network/http-server.ts';
import { ended } from '../process/program.ts';
import type { Service, ServiceContext } from '../process/program.ts';
import { formOf, text } from './agnhost/server.ts';
import { flagOf } from './web-apps.ts';

const [PORT, MI] = [8080, 2 ** 20];

interface Bump {
  readonly metric: string;
  readonly delta: number;
  readonly until: number;
}

export const resourceConsumer: Service<{ readonly port: number; readonly title: string }> = {
  name: 'resource-consumer',
  isService: true,
  start: (context) => ({ port: Number(flagOf(context, 'port') ?? PORT), title: context.argv.join(' ') }),
  listeners: ({ port }) => [httpListener(port, answer)],
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' || signal === 'QUIT' ? ended(2, 10) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: () => ({ cpu: 0, memory: 6 * MI }),
};

function answer(request: HttpRequest, context: ServiceContext): HttpAnswer {
  if (request.path === '/metrics') return text(metricsOf(context));
  const problem = problemOf(request);
  if (problem) return problem;
  const act = ACTIONS[request.path];
  return act ? act(formOf(request), context) : httpError(`unknown function: ${request.path}`, 404);
}

/** What the consumer and those who pass work on to it do not take. */
export const problemOf = ({ method }: HttpRequest): HttpAnswer | undefined =>
  method === 'POST' ? undefined : httpError('Bad request. Not a POST request', 400);

/** http.Error */
export const httpError = (message: string, status: number): HttpAnswer => ({
  status,
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Content-Type-Options', 'nosniff'],
  ],
  body: `${message}\n`,
});

type Form = ReadonlyMap<string, string>;

/** Integers of a form, in the order of their names, or what is wrong with them. */
export function integersOf(form: Form, ...names: string[]): number[] | HttpAnswer {
  const values = names.map((name) => form.get(name) ?? '');
  if (values.includes('')) return httpError('not given function argument', 400);
  return values.every((value) => /^[+-]?\d+$/.test(value)) ? values.map(Number) : httpError('incorrect function argument', 400);
}

const said = (...lines: string[]): HttpAnswer => text(lines.map((line) => `${line}\n`).join(''));

/** As Go's log does it. */
function log(context: ServiceContext, line: string): void {
  const time = new Date(context.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  context.log('stderr', `${time} ${line}\n`);
}

const ACTIONS: Readonly<Record<string, (form: Form, context: ServiceContext) => HttpAnswer>> = {
  '/ConsumeCPU': (form, context) => {
    const given = integersOf(form, 'millicores', 'durationSec');
    if ('status' in given) return given;
    const [cpu = 0, seconds = 0] = given;
    log(context, `ConsumeCPU millicores: ${cpu}, durationSec: ${seconds}`);
    context.load({ cpu, memory: 0 }, seconds * 1000);
    return said('ConsumeCPU', `${cpu} millicores`, `${seconds} durationSec`);
  },
  '/ConsumeMem': (form, context) => {
    const given = integersOf(form, 'megabytes', 'durationSec');
    if ('status' in given) return given;
    const [megabytes = 0, seconds = 0] = given;
    log(context, `ConsumeMem megabytes: ${megabytes}, durationSec: ${seconds}`);
    context.load({ cpu: 0, memory: megabytes * MI }, seconds * 1000);
    return said('ConsumeMem', `${megabytes} megabytes`, `${seconds} durationSec`);
  },
  '/GetCurrentStatus': (_form, context) => {
    // That is what the real one says.
    log(context, 'GetCurrentStatus');
    return text('Warning: not implemented!\nGetCurrentStatus');
  },
  '/BumpMetric': (form, context) => {
    const [metric = '', delta = ''] = [form.get('metric'), form.get('delta')];
    if (metric === '' || delta === '' || !form.get('durationSec')) return httpError('not given function argument', 400);
    const given = integersOf(form, 'durationSec');
    if ('status' in given || Number.isNaN(Number(delta))) return httpError('incorrect function argument', 400);
    const [seconds = 0] = given;
    context.memory.set([...bumpsOf(context), { metric, delta: Number(delta), until: context.now() + seconds * 1000 }]);
    return said('BumpMetric', `${metric} metric`, `${Number(delta)} delta`, `${seconds} durationSec`);
  },
};

/** Of those that are over one of each metric is kept: it is shown still, with what is left. */
function bumpsOf(context: ServiceContext): readonly Bump[] {
  const all = context.memory.get<readonly Bump[]>() ?? [];
  const now = context.now();
  return all.filter(({ metric, until }, i) => until > now || all.findIndex((one) => one.metric === metric) === i);
}

function metricsOf(context: ServiceContext): string {
  const values = new Map<string, number>();
  for (const { metric, delta, until } of bumpsOf(context))
    values.set(metric, (values.get(metric) ?? 0) + (until > context.now() ? delta : 0));
  return [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `# HELP ${name} info message.\n# TYPE ${name} gauge\n${name} ${value.toFixed(6)}\n`)
    .join('');
}
