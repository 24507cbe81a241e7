// Reads the text of a static pod's manifest as the kubelet does: YAML or JSON, fields that nobody knows are left out, defaults are filled in, and it must be a valid
// pod. Mirrors tryDecodeSinglePod of pkg/kubelet/config/common.go.

import type { Pod } from '../api/gen/core-v1.ts';
import { fieldErrorMessage } from '../api/field-error.ts';
import { StatusError } from '../api/status.ts';
import type { ReadPod } from '../agents/kubelet/manifests.ts';
import { isRecord } from '../lib/json.ts';
import { readYaml, YamlError } from '../lib/yaml.ts';
import { applyDefaults, readBody } from '../registry/body.ts';
import { pods } from '../resources/core/pod.ts';
import { callAs } from './cluster-api.ts';

/** The same text is read for many machines and many clusters. What is kept is never changed. */
const known = new Map<string, Pod | string>();
const MAX_KNOWN = 200;

export const readManifest: ReadPod = (text) => {
  let read = known.get(text);
  if (read === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(text, (read = parse(text)));
  }
  return read;
};

function parse(text: string): Pod | string {
  try {
    const { value } = readYaml(text);
    if (!isRecord(value) || !value['kind']) return `Object 'Kind' is missing in '${text.slice(0, 200)}'`;
    if (value['kind'] !== 'Pod') return `invalid pod: ${JSON.stringify(value)}`;
    if (!value['apiVersion']) return `Object 'apiVersion' is missing in '${text.slice(0, 200)}'`;
    const pod = readBody(value, pods, callAs({ name: '', groups: [] }, '')) as Pod;
    if (!isRecord(pod.spec) || !pod.spec.containers) return 'invalid pod: spec.containers: Required value';
    applyDefaults(pods as never, pod);
    // Nothing of its rules asks what is around it.
    const errors = pods.validate!(pod, undefined as never);
    if (!pod.metadata.name) return 'invalid pod: name is needed for the pod';
    return errors.length ? `invalid pod: ${errors.map(fieldErrorMessage).join(', ')}` : pod;
  } catch (error) {
    if (error instanceof YamlError || error instanceof StatusError) return error.message;
    throw error;
  }
}
