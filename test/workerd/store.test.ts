// The store's contract on the SQL that a Durable Object has.

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { sqlOf } from '../../worker/cluster/durable-object.ts';
import { SqliteBackend } from '../../worker/store/sqlite.ts';
import { describeStore } from '../core/store/contract.ts';

let count = 0;

describeStore('in a Durable Object', (run) =>
  runInDurableObject(env.SANDBOX.getByName(`store${count++}`), (_sandbox, { storage }) => run(new SqliteBackend(sqlOf(storage)))),
);
