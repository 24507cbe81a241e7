// crictl config, and the file it is about: which endpoint crictl asks. Mirrors cmd/crictl/config.go and pkg/common/file.go of cri-tools.

import { FileError } from '../../files/error.ts';
import type { Next } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import type { Options } from '../tool.ts';
import { bool, string, strings } from './flags.ts';
import { CrictlError, log, Stop, table } from './runtime.ts';
import type { Call, Verb } from './runtime.ts';

const KINDS = {
  'runtime-endpoint': 'string',
  'image-endpoint': 'string',
  timeout: 'int',
  debug: 'bool',
  'pull-image-on-create': 'bool',
  'disable-pull-on-run': 'bool',
} as const;

type Key = keyof typeof KINDS;
type Config = Record<Key, string>;

const EMPTY: Config = {
  'runtime-endpoint': '',
  'image-endpoint': '',
  timeout: '0',
  debug: 'false',
  'pull-image-on-create': 'false',
  'disable-pull-on-run': 'false',
};

const isKey = (text: string): text is Key => Object.hasOwn(KINDS, text);
const LINE = /^\s*([\w-]+):\s*(?:"([^"]*)"|'([^']*)'|([^#\n]*?))\s*(?:#.*)?$/;

export const configPath = (system: System, global: Options): string =>
  global.get('config') ?? system.env['CRI_CONFIG_FILE'] ?? '/etc/crictl.yaml';

/** What the file says; undefined if there is none. Throws CrictlError. */
export function readConfig(system: System, path: string): Config | undefined {
  let text: string;
  try {
    text = system.files.read(system.path(path));
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
  const config = { ...EMPTY };
  for (const line of text.split('\n')) {
    const [, name = '', quoted, single, plain = ''] = LINE.exec(line) ?? [];
    if (!name) continue;
    if (!isKey(name)) throw new CrictlError(`Config option '${name}' is not valid`);
    config[name] = valueOf(name, quoted ?? single ?? plain, `parsing config option '${name}'`);
  }
  return config;
}

/** A value as it is kept. Throws CrictlError, whose message begins with `doing`. */
function valueOf(key: Key, value: string, doing: string): string {
  const text = JSON.stringify(value);
  if (KINDS[key] === 'int' && !/^[-+]?\d+$/.test(value)) throw new CrictlError(`${doing}: strconv.Atoi: parsing ${text}: invalid syntax`);
  if (KINDS[key] !== 'bool') return value;
  if (!/^(1|0|t|f|true|false|TRUE|FALSE|True|False|T|F)$/.test(value))
    throw new CrictlError(`${doing}: strconv.ParseBool: parsing ${text}: invalid syntax`);
  return String(/^(1|t)/i.test(value));
}

/** Comments and the order of lines stay. */
function writeConfig(system: System, path: string, config: Config): void {
  const lines = (system.find(path)?.content ?? '').split('\n').filter((line) => line !== '');
  for (const key of Object.keys(KINDS) as Key[]) {
    const line = `${key}: ${config[key] || '""'}`;
    const at = lines.findIndex((one) => LINE.exec(one)?.[1] === key);
    if (at < 0) lines.push(line);
    else lines[at] = line;
  }
  system.files.write(system.path(path), `${lines.join('\n')}\n`);
}

function set(config: Config, key: string, value: string): void {
  if (!isKey(key)) throw new CrictlError(`no configuration option named ${key}`);
  config[key] = valueOf(key, value, `parse ${key} value '${value}'`);
}

export const configVerb: Verb = {
  name: 'config',
  usage: 'Get, set and list crictl configuration options',
  argsUsage: `[<crictl options>]

EXAMPLES:
   # Set the key "debug" to "true"
   crictl config --set debug=true

   # Set the key "debug" to "true"
   crictl config debug true

   # Get the value of "debug"
   crictl config --get debug

   # Show the full configuration
   crictl config --list

CRICTL OPTIONS:
\t runtime-endpoint:\tContainer Runtime Interface (CRI) runtime endpoint (default: "")
\t image-endpoint:\tContainer Runtime Interface (CRI) image endpoint (default: "")
\t timeout:\tTimeout of connecting to server (default: 2)
\t debug:\tEnable debug output (default: false)
\t pull-image-on-create:\tEnable pulling image on create requests (default: false)
\t disable-pull-on-run:\tDisable pulling image on run requests (default: false)`,
  flags: [
    string('get', 'Show the option value'),
    strings('set', 'Set option (can specify multiple or separate values with commas: opt1=val1,opt2=val2)'),
    bool('list', 'Show all option value'),
  ],
  isLocal: true,
  act: configure,
};

function configure({ system, given, args, global }: Call): Next {
  const path = configPath(system, global);
  const config = readConfig(system, path) ?? { ...EMPTY };
  if (!system.find(path)) writeConfig(system, path, config);
  const asked = given.get('get');
  if (asked !== undefined) {
    if (!isKey(asked)) throw new CrictlError(`no configuration option named ${asked}`);
    system.out(`${config[asked]}\n`);
  } else if (given.has('set')) {
    for (const option of given.all('set')) {
      const pair = option.split('=');
      if (pair.length !== 2) throw new CrictlError(`incorrectly specified option: ${option}`);
      set(config, pair[0]!, pair[1]!);
    }
    writeConfig(system, path, config);
  } else if (given.has('list')) {
    system.out('\u001B[2J\u001B[H');
    table(system, [['KEY', 'VALUE'], ...Object.entries(config)]);
  } else {
    const [key, value = ''] = args;
    if (!key) throw new Stop();
    log(system, 'info', `No --get, --set or --list provided, setting key ${JSON.stringify(key)} to value ${JSON.stringify(value)}`);
    try {
      set(config, key, value);
    } catch (error) {
      if (!(error instanceof CrictlError)) throw error;
      throw new CrictlError(`set ${JSON.stringify(key)} to ${JSON.stringify(value)}: ${error.message}`);
    }
    writeConfig(system, path, config);
  }
  return { exit: 0 };
}
