// The file of `--admission-control-config-file`: which plugin is configured with what. It is read once, when the API server begins. Mirrors apiserver
// pkg/admission/config.go and plugins.go.

import type { AdmissionPlugin, ApiServerFlags, ReadFile } from '../api/admission.ts';
import { ConfigFatal, ConfigFault, decodeConfig, UnknownKind } from '../lib/config-file.ts';
import { struct } from '../lib/config-shape.ts';
import { isRecord } from '../lib/json.ts';
import { readYaml } from '../lib/yaml.ts';

/** The plugin could read what it was given, but cannot work with it. */
export class InitializationFault extends ConfigFault {}

/** What each of the plugins that work is configured with, if it can be configured. Throws ConfigFault. */
export function configurationOf(plugins: readonly AdmissionPlugin[], flags: ApiServerFlags, read: ReadFile): Record<string, unknown> {
  const file = flags['admission-control-config-file'];
  const given = file ? readPlugins(file, read) : [];
  const out: Record<string, unknown> = {};
  for (const plugin of plugins) if (plugin.configure) out[plugin.name] = configure(plugin, textFor(plugin.name, given, read), read, flags);
  return out;
}

const defaults = new Map<AdmissionPlugin, unknown>();

/** What a plugin works with where nobody gives it anything; undefined if it cannot. */
export function unconfigured(plugin: AdmissionPlugin): unknown {
  if (!defaults.has(plugin)) defaults.set(plugin, plugin.configure && orNothing(() => plugin.configure!(undefined, () => undefined, {})));
  return defaults.get(plugin);
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigFault) return undefined;
    throw error;
  }
}

function configure({ name, configure: read }: AdmissionPlugin, text: string | undefined, files: ReadFile, flags: ApiServerFlags): unknown {
  try {
    return read!(text, files, flags);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const what = error instanceof InitializationFault ? 'failed to initialize' : "couldn't init";
    throw new ConfigFault(`failed to apply admission: ${what} admission plugin ${JSON.stringify(name)}: ${error.message}`);
  }
}

interface PluginEntry {
  readonly name?: string;
  readonly path?: string;
  readonly configuration?: unknown;
}

const SCHEME = {
  name: 'pkg/server/options/admission.go:45',
  kind: 'AdmissionConfiguration',
  apiVersions: ['apiserver.config.k8s.io/v1', 'apiserver.k8s.io/v1alpha1'],
  shape: struct('AdmissionConfiguration', {
    plugins: [struct('AdmissionPluginConfiguration', { name: 'string', path: 'string', configuration: 'any' })],
  }),
};

function readPlugins(file: string, read: ReadFile): readonly PluginEntry[] {
  const wrong = (problem: string): ConfigFault => new ConfigFault(`failed to apply admission: failed to read plugin config: ${problem}`);
  const text = read(file);
  if (text === undefined)
    throw wrong(`unable to read admission control configuration from ${JSON.stringify(file)} [open ${file}: no such file or directory]`);
  try {
    const { plugins } = decodeConfig(text, SCHEME) as { plugins?: readonly PluginEntry[] };
    const folder = file.replace(/\/?[^/]*$/, '');
    return (plugins ?? []).map((one) => (one.path && !one.path.startsWith('/') ? { ...one, path: `${folder}/${one.path}` } : one));
  } catch (error) {
    if (error instanceof UnknownKind && isLegacy(text)) return LEGACY.map((name) => ({ name, path: file }));
    throw error instanceof ConfigFault ? wrong(error.message) : error;
  }
}

/** Those whose own configuration was once the whole file. */
const LEGACY = ['ImagePolicyWebhook', 'PodNodeSelector'];

function isLegacy(text: string): boolean {
  const { value } = readYaml(text);
  return isRecord(value) && ('imagePolicy' in value || 'podNodeSelectorPluginConfig' in value);
}

/** The first entry counts; what stands in it goes before what it points to. */
function textFor(plugin: string, given: readonly PluginEntry[], read: ReadFile): string | undefined {
  const entry = given.find(({ name }) => name === plugin);
  if (entry?.configuration !== undefined && entry.configuration !== null) return JSON.stringify(entry.configuration);
  if (!entry?.path) return undefined;
  const text = read(entry.path);
  if (text === undefined)
    throw new ConfigFatal(
      'config.go:145',
      `Couldn't open admission plugin configuration ${entry.path}: &fs.PathError{Op:"open", Path:${JSON.stringify(entry.path)}, Err:0x2}`,
    );
  return text;
}
