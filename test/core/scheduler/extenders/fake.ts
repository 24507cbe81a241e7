// An extender outside of the cluster that a test plays, and a scheduler that is configured with it.

import type { ExternalAnswer, ExternalRequest } from '../../../../worker/api/admission.ts';
import type { TestOptions } from '../../harness.ts';
import { makeSchedulerLab } from '../lab.ts';

export interface Args {
  readonly Pod: { readonly metadata: { readonly name: string }; readonly kind?: string };
  readonly Nodes: { readonly items: readonly { readonly metadata: { readonly name: string } }[] } | null;
  readonly NodeNames: readonly string[] | null;
  readonly NodeNameToVictims?: Record<
    string,
    { readonly Pods: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[] }
  >;
  readonly NodeNameToMetaVictims?: Record<string, { readonly Pods: readonly { readonly UID: string }[] }>;
  readonly Node?: string;
  readonly PodName?: string;
}

/** What a verb is answered with: a value for 200, a text as it is, an answer with its status, or nothing at all. */
export type Reply = object | string | ExternalAnswer | undefined;
export type Verbs = Readonly<Record<string, (args: Args) => Reply>>;

export const HOST = 'http://extender.example.com';

export interface FakeLab extends ReturnType<typeof makeSchedulerLab> {
  /** `filter a b`: the verb, and the nodes that it was asked about. */
  readonly asked: string[];
  /** Lets answers come in, until there is nothing more to do. */
  answered(): Promise<void>;
}

/** `extenders` is YAML, a list. `verbs` are found by the last part of the path. */
export function makeFakeLab(extenders: string, verbs: Verbs, options: TestOptions = {}, more = ''): FakeLab {
  const asked: string[] = [];
  const outside = ({ url, body }: ExternalRequest): ExternalAnswer | undefined => {
    const verb = url.slice(url.lastIndexOf('/') + 1);
    const args = JSON.parse(body) as Args;
    asked.push([verb, ...nodesOf(args)].join(' '));
    const reply = verbs[verb]?.(args);
    if (reply === undefined) return undefined;
    if (typeof reply === 'string') return { status: 200, body: reply };
    return 'status' in reply ? (reply as ExternalAnswer) : { status: 200, body: JSON.stringify(reply) };
  };
  const config = `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${more}extenders:\n${extenders}`;
  const lab = makeSchedulerLab(config, { outside, ...options });
  return { ...lab, asked, answered: () => answersOf(lab) };
}

export async function answersOf({ settle }: { settle(): void }): Promise<void> {
  for (let round = 0; round < 10; round++) {
    settle();
    await new Promise(setImmediate);
  }
  settle();
}

export const nodesOf = ({ Nodes, NodeNames, NodeNameToVictims, NodeNameToMetaVictims, Node }: Args): readonly string[] =>
  NodeNames ??
  Nodes?.items.map(({ metadata }) => metadata.name) ??
  Object.keys(NodeNameToVictims ?? NodeNameToMetaVictims ?? { [Node!]: {} });
