import { MemoryBackend } from '../../../worker/store/memory.ts';
import { SqliteBackend } from '../../../worker/store/sqlite.ts';
import { describeStore } from './contract.ts';
import { nodeSql } from './node-sql.ts';

describeStore('in memory', (run) => run(new MemoryBackend()));
describeStore('on SQLite', (run) => run(new SqliteBackend(nodeSql())));
