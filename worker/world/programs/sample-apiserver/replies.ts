// Answers in JSON, and refusals as a meta/v1 Status.

import type { StatusError } from '../../../api/status.ts';
import { goJson } from '../../../lib/go-format.ts';
import { byteString } from '../../../lib/text.ts';
import type { HttpAnswer } from '../../network/http-server.ts';

export const JSON_TYPE: HttpAnswer['headers'] = [['Content-Type', 'application/json']];

/** A line of JSON, in bytes. */
export const lineOf = (value: object): string => `${byteString(goJson(value))}\n`;

export const json = (value: object, status = 200): HttpAnswer => ({ status, headers: JSON_TYPE, body: lineOf(value) });

export const refusal = ({ status }: StatusError): HttpAnswer => json(status, status.code);
