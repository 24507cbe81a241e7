// What goes to extenders and comes back, as JSON: its names are those of Go's fields, and are found whatever their case. Mirrors k8s.io/kube-scheduler
// extender/v1 types.go.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import { checkShape, ShapeError, struct } from '../../lib/config-shape.ts';
import type { Shape, StructShape } from '../../lib/config-shape.ts';
import { jsonProblem } from '../../lib/go-json.ts';
import { isRecord } from '../../lib/json.ts';
import { utf8 } from '../../lib/text.ts';
import { ExtenderError } from './extender.ts';

/** As the scheduler's caches hold objects: without their kind, and without what only writers need. */
function cached({ kind: _kind, apiVersion: _version, metadata, ...rest }: KubeObject): object {
  const { managedFields: _fields, ...kept } = metadata;
  return { metadata: kept, ...rest };
}

/** `nodes` as names, or as the objects. */
export const argsOf = (pod: Pod, nodes: readonly string[] | readonly Node[]): object => ({
  Pod: cached(pod),
  Nodes: isNames(nodes) ? null : { metadata: {}, items: nodes.map(cached) },
  NodeNames: isNames(nodes) ? nodes : null,
});

const isNames = (nodes: readonly string[] | readonly Node[]): nodes is readonly string[] => typeof nodes[0] === 'string';

/** Pods that would have to go, by node. */
export interface VictimsOfNode {
  readonly node: string;
  readonly pods: readonly Pod[];
  readonly violations: number;
}

export function preemptionArgs(pod: Pod, victims: readonly VictimsOfNode[], asIds: boolean): object {
  const byNode = (write: (victim: Pod) => object): object =>
    Object.fromEntries(
      victims
        .toSorted((a, b) => (a.node < b.node ? -1 : 1))
        .map(({ node, pods, violations }) => [node, { Pods: pods.map(write), NumPDBViolations: violations }]),
    );
  return {
    Pod: cached(pod),
    NodeNameToVictims: asIds ? null : byNode(cached),
    NodeNameToMetaVictims: asIds ? byNode(({ metadata: { uid } }) => ({ UID: uid })) : null,
  };
}

export const bindingArgs = ({ metadata: { name, namespace, uid } }: Pod, node: string): object => ({
  PodName: name,
  PodNamespace: namespace,
  PodUID: uid,
  Node: node,
});

export interface FilterResult {
  /** Of the nodes that pass; undefined if nothing is said of them. */
  readonly names: readonly string[] | undefined;
  /** The same, from the objects that came back. */
  readonly nodes: readonly string[] | undefined;
  readonly failed: Readonly<Record<string, string>>;
  readonly hopeless: Readonly<Record<string, string>>;
  readonly error: string;
}

const FILTER_RESULT = struct('ExtenderFilterResult', {
  Nodes: struct('NodeList', { kind: 'any', apiVersion: 'any', metadata: 'any', items: 'any' }),
  NodeNames: 'strings',
  FailedNodes: 'any',
  FailedAndUnresolvableNodes: 'any',
  Error: 'string',
});

interface RawFilterResult {
  readonly Nodes?: { readonly items?: readonly { readonly metadata?: { readonly name?: string } }[] } | null;
  readonly NodeNames?: readonly string[] | null;
  readonly FailedNodes?: Readonly<Record<string, string>> | null;
  readonly FailedAndUnresolvableNodes?: Readonly<Record<string, string>> | null;
  readonly Error?: string | null;
}

/** Throws ExtenderError, as everything here that reads. */
export function readFilterResult(body: string): FilterResult {
  const raw = readStruct(body, FILTER_RESULT) as RawFilterResult;
  for (const field of ['FailedNodes', 'FailedAndUnresolvableNodes'] as const) checkTexts(raw[field], `ExtenderFilterResult.${field}`);
  return {
    names: raw.NodeNames ?? undefined,
    nodes: raw.Nodes ? (raw.Nodes.items ?? []).map(({ metadata }) => metadata?.name ?? '') : undefined,
    failed: raw.FailedNodes ?? {},
    hopeless: raw.FailedAndUnresolvableNodes ?? {},
    error: raw.Error ?? '',
  };
}

function checkTexts(value: unknown, field: string): void {
  if (value === undefined || value === null) return;
  const wrong = isRecord(value) ? Object.values(value).find((one) => typeof one !== 'string') : value;
  if (wrong !== undefined) throw misfit(wrong, `field ${field} of type ${isRecord(value) ? 'string' : 'v1.FailedNodesMap'}`);
}

export interface HostScore {
  readonly host: string;
  readonly score: number;
}

const HOST_PRIORITY = struct('HostPriority', { Host: 'string', Score: 'int64' });

export function readScores(body: string): readonly HostScore[] {
  const raw = readJson(body);
  if (raw === null) return [];
  if (!Array.isArray(raw)) throw new ExtenderError(`json: cannot unmarshal ${kindOf(raw)} into Go value of type v1.HostPriorityList`);
  return raw.map((one) => {
    const { Host = '', Score = 0 } = shaped(one, HOST_PRIORITY) as { Host?: string; Score?: number };
    return { host: Host, score: Score };
  });
}

export interface VictimIds {
  readonly node: string;
  readonly uids: readonly string[];
  readonly violations: number;
}

const PREEMPTION_RESULT = struct('ExtenderPreemptionResult', { NodeNameToMetaVictims: 'any' });
const META_VICTIMS = struct('MetaVictims', { Pods: [struct('MetaPod', { UID: 'string' })], NumPDBViolations: 'int64' });

export function readVictims(body: string): readonly VictimIds[] {
  const { NodeNameToMetaVictims: byNode } = readStruct(body, PREEMPTION_RESULT);
  if (byNode === undefined || byNode === null) return [];
  if (!isRecord(byNode)) throw misfit(byNode, 'field ExtenderPreemptionResult.NodeNameToMetaVictims of type map[string]*v1.MetaVictims');
  return Object.entries(byNode).map(([node, victims]) => {
    const { Pods, NumPDBViolations } = shaped(victims, META_VICTIMS) as { Pods?: { UID?: string }[] | null; NumPDBViolations?: number };
    return { node, uids: (Pods ?? []).map(({ UID = '' }) => UID), violations: NumPDBViolations ?? 0 };
  });
}

const BINDING_RESULT = struct('ExtenderBindingResult', { Error: 'string' });

/** What went wrong; '' if nothing did. */
export const readBindingResult = (body: string): string => (readStruct(body, BINDING_RESULT)['Error'] as string | null | undefined) ?? '';

const readStruct = (body: string, shape: StructShape): Record<string, unknown> => shaped(readJson(body), shape);

function shaped(value: unknown, shape: StructShape): Record<string, unknown> {
  if (value === null) return {};
  if (!isRecord(value)) throw new ExtenderError(`json: cannot unmarshal ${kindOf(value)} into Go value of type v1.${shape.go}`);
  const named = withNames(value, shape) as Record<string, unknown>;
  try {
    checkShape(named, shape);
  } catch (error) {
    throw error instanceof ShapeError ? new ExtenderError(error.message) : error;
  }
  return named;
}

/** The fields of a struct under their own names, and no others. */
function withNames(value: unknown, shape: Shape): unknown {
  if (Array.isArray(value) && Array.isArray(shape)) return value.map((one) => withNames(one, (shape as readonly [Shape])[0]));
  if (!isRecord(value) || typeof shape === 'string' || !('fields' in shape)) return value;
  const names = new Map(Object.keys(shape.fields).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      const name = names.get(key.toLowerCase());
      return name === undefined ? [] : [[name, withNames(field, shape.fields[name]!)]];
    }),
  );
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    const problem = jsonProblem(utf8(body)) ?? '';
    throw new ExtenderError(problem === 'unexpected end of JSON input' ? (body.trim() ? 'unexpected EOF' : 'EOF') : problem);
  }
}

const misfit = (value: unknown, where: string): ExtenderError =>
  new ExtenderError(`json: cannot unmarshal ${kindOf(value)} into Go struct ${where}`);

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'object' : typeof value;
