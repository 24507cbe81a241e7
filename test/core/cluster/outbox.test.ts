import { expect, test } from 'vitest';
import { Outbox } from '../../../worker/cluster/outbox.ts';
import type { Sink, StreamReply } from '../../../worker/server/http.ts';

test('a stream begins and ends in steps, and what it says in one goes out when the step is over', () => {
  const outbox = new Outbox();
  const seen: string[] = [];
  const step = (work: () => void): void => {
    seen.push('step');
    work();
    seen.push('saved');
    outbox.deliver();
  };
  let source: Sink | undefined;
  const reply: StreamReply = {
    status: 200,
    headers: {},
    isOfWorld: true,
    open: (sink) => {
      source = sink;
      sink.write('a');
      return () => {
        seen.push('stopped');
        sink.write('late');
      };
    },
  };
  const wrapped = outbox.wrap(reply, step) as StreamReply;
  const stop = wrapped.open({
    write: (chunk) => {
      seen.push(String(chunk));
      // Who reads this has enough.
      if (chunk === 'b') stop();
    },
    close: () => seen.push('closed'),
    isReady: true,
    onDrain: () => {},
  });
  step(() => {
    source!.write('b');
    source!.close();
  });
  expect(seen).toEqual(['step', 'saved', 'a', 'step', 'saved', 'b', 'step', 'stopped', 'saved', 'closed', 'late']);
});
