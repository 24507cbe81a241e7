// Every tool there is. A tool is a file, and a line here.

import type { Tool } from '../process/program.ts';
import { ash, bash, dash } from '../shell/shell.ts';
import { groups, id, whoami } from './accounts.ts';
import { busybox } from './busybox.ts';
import { cat } from './cat.ts';
import { date } from './date.ts';
import { echoTool } from './echo.ts';
import { env, printenv } from './env.ts';
import { ls } from './ls.ts';
import { printfTool } from './printf.ts';
import { sleep } from './sleep.ts';
import { tar } from './tar.ts';
import { wget } from './wget.ts';
import { bracketTool, testTool } from './test.ts';

export const commands: readonly Tool[] = [
  ash,
  bash,
  bracketTool,
  busybox,
  cat,
  dash,
  date,
  echoTool,
  env,
  groups,
  id,
  ls,
  printenv,
  printfTool,
  sleep,
  tar,
  testTool,
  wget,
  whoami,
];
