import { MemoryBackend } from '../../../worker/store/memory.ts';
import { SqliteBackend } from '../../../worker/store/sqlite.ts';
import { describeStore } from './contract.ts';
import { nodeSql } from './node-sql.ts';

describeStore('in memory', () => new MemoryBackend());
describeStore('on SQLite', () => new SqliteBackend(nodeSql()));
