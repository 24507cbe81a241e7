// Every program there is, by name. A program is a file, and a line here.

import type { Program } from '../process/program.ts';
import { idle } from './idle.ts';
import { metricsServer } from './metrics-server.ts';
import { pause } from './pause.ts';

const all: readonly Program[] = [idle, metricsServer, pause];

export const programs: ReadonlyMap<string, Program> = new Map(all.map((program) => [program.name, program]));
