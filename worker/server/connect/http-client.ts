// A client of HTTP/1.1 for the proxies: one request on a connection of its own, and the answer when it is whole, or as it comes.

import type { ConnectionPeer, ConnectProblem, OpenConnection } from '../../api/kubelet.ts';
import { bytesOfChars, charsOfBytes } from '../../lib/text.ts';
import { AnswerBody, takeChunks } from './answer-body.ts';
import type { Source } from './pass.ts';

export interface Question {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly isTls: boolean;
  /** Why the server's certificate is not to be trusted. */
  readonly distrust?: string | undefined;
}

interface Head {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface Answer extends Head {
  readonly body: Uint8Array;
}

/** One whose body is still coming, and that does not say how long it is. Whoever takes it gives up by stopping the source. */
export interface BegunAnswer extends Head {
  readonly source: Source;
}

/** False: the answer is waited for until it is whole. */
export type Begun = (answer: BegunAnswer) => boolean;

/** What went wrong: `dial: connect: connection refused`, `EOF`. */
export interface Problem {
  readonly problem: string;
}

type Dial = (peer: ConnectionPeer) => OpenConnection | ConnectProblem;

/** Gives up waiting, with what is wrong. */
export type GiveUp = (problem: string) => void;

/**
 * Calls `done` once, in the step in which the answer is whole; at once, if nobody is there. An answer that `begun` takes, in the step in which its head is there, is
 * not told again.
 */
export function askThen(dial: Dial, question: Question, done: (answer: Answer | Problem) => void, begun?: Begun): GiveUp {
  let received = '';
  let isDone = false;
  let body: AnswerBody | undefined;
  let connection: OpenConnection | undefined;
  const finish = (answer: Answer | Problem): void => {
    if (isDone) return;
    isDone = true;
    done(answer);
    connection?.abort();
  };
  const look = (isClosed: boolean): void => {
    const answer = parseAnswer(received, question.method, isClosed);
    if (!answer) return;
    if (!('rest' in answer)) return finish(answer);
    if (!begun) return;
    const { rest, isChunked, ...head } = answer;
    const coming = new AnswerBody(rest, isChunked, () => connection?.abort());
    if (!begun({ ...head, source: coming.source })) return;
    isDone = true;
    body = coming;
  };
  const opened = dial({
    receive: (data) => {
      if (body) return body.receive(data);
      received += data;
      look(false);
    },
    closed: () => (body ? body.closed() : look(true)),
  });
  const giveUp: GiveUp = (problem) => finish({ problem });
  if ('problem' in opened) {
    giveUp(`dial: ${opened.problem}`);
    return giveUp;
  }
  connection = opened;
  // Differs: whoever speaks TLS in the simulated network only says so; a client that begins with it finds out at once.
  if (question.isTls && !opened.isTls) {
    giveUp('tls: first record does not look like a TLS handshake');
    return giveUp;
  }
  if (question.distrust !== undefined) {
    giveUp(`tls: failed to verify certificate: ${question.distrust}`);
    return giveUp;
  }
  const head = question.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  connection.send(`${question.method} ${question.target} HTTP/1.1\r\n${head}\r\n${charsOfBytes(question.body)}`);
  return giveUp;
}

interface Coming extends Head {
  /** What came after the head. */
  readonly rest: string;
  readonly isChunked: boolean;
}

/** Undefined while its head, or a body of which the length is known, is not there. */
function parseAnswer(text: string, method: string, isClosed: boolean): Answer | Coming | Problem | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return isClosed ? { problem: 'EOF' } : undefined;
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(start)?.[1]);
  if (!status) return { problem: `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${JSON.stringify(start)}` };
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
  });
  const header = (wanted: string): string | undefined => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const rest = text.slice(end + 4);
  const whole = (body: string): Answer => ({ status, headers, body: bytesOfChars(body) });
  if (method === 'HEAD' || status === 204 || status === 304) return whole('');
  if (/chunked/i.test(header('transfer-encoding') ?? '')) {
    const { body, isOver } = takeChunks(rest);
    if (isOver) return whole(body);
    return isClosed ? { problem: 'unexpected EOF' } : { status, headers, rest, isChunked: true };
  }
  const length = header('content-length');
  if (length === undefined) return isClosed ? whole(rest) : { status, headers, rest, isChunked: false };
  if (rest.length >= Number(length)) return whole(rest.slice(0, Number(length)));
  return isClosed ? { problem: 'unexpected EOF' } : undefined;
}
