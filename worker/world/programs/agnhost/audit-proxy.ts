// agnhost audit-proxy: writes the events of the audit lists that it is sent, a line each. Mirrors test/images/agnhost/audit-proxy.

import { isRecord } from '../../../lib/json.ts';
import { byteString, fromByteString } from '../../../lib/text.ts';
import { httpAt, logTo, server, text } from './server.ts';

const PORT = 8080;
const VERSION = 'audit.k8s.io/v1';

export const auditProxy = server({
  subcommand: 'audit-proxy',
  listeners: () => [
    httpAt(PORT, ({ body }, context) => {
      const items = itemsOf(fromByteString(body));
      if (!items) {
        logTo(context, `failed decoding buf: ${body}, apiVersion: ${VERSION}`);
        return text('', 500);
      }
      for (const item of items) context.log('stdout', byteString(`${JSON.stringify({ kind: 'Event', apiVersion: VERSION, ...item })}\n`));
      return text('');
    }),
  ],
});

function itemsOf(body: string): readonly Record<string, unknown>[] | undefined {
  try {
    const list: unknown = JSON.parse(body);
    if (!isRecord(list) || list['kind'] !== 'EventList' || list['apiVersion'] !== VERSION) return undefined;
    const items = list['items'] ?? [];
    return Array.isArray(items) && items.every(isRecord) ? items : undefined;
  } catch {
    return undefined;
  }
}
