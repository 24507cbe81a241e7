// Answers in JSON, and refusals as a meta/v1 Status.

import { goJson } from '../../../lib/go-format.ts';
import type { HttpAnswer } from '../../network/http-server.ts';

export const json = (value: object, status = 200): HttpAnswer => ({
  status,
  headers: [['Content-Type', 'application/json']],
  body: `${goJson(value)}\n`,
});

export const failure = (code: number, reason: string, message: string, details?: object): HttpAnswer =>
  json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...(details && { details }), code }, code);
