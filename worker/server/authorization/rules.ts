// What a rule of a role allows. Mirrors kubernetes pkg/apis/rbac/v1/evaluation_helpers.go and pkg/registry/rbac/validation.

import type { AccessAttributes, PolicyRule } from '../../api/access.ts';

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value));

export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, attributes.path));
  const { group, resource, subresource, name } = attributes;
  return (
    has(rule.apiGroups, group) &&
    resourceMatches(rule.resources, resource, subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
  );
}

function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  const whole = subresource ? `${resource}/${subresource}` : resource;
  return (
    resources !== undefined && resources.some((one) => one === '*' || one === whole || (subresource !== '' && one === `*/${subresource}`))
  );
}

const pathMatches = (pattern: string, path: string): boolean =>
  pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));

/** A rule for one verb, one group, one resource (or one path) each, so that rules can be compared. */
export function breakDown(rule: PolicyRule): PolicyRule[] {
  const out: PolicyRule[] = [];
  for (const apiGroup of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const base = { apiGroups: [apiGroup], resources: [resource], verbs: [verb] };
        if (rule.resourceNames?.length) out.push(...rule.resourceNames.map((name) => ({ ...base, resourceNames: [name] })));
        else out.push(base);
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) out.push(...rule.verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })));
  return out;
}

/** The parts of `wanted` that no rule of `held` covers. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  const verb = part.verbs[0]!;
  if (!has(rule.verbs, verb)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, url));
  const [resource = '', subresource = ''] = part.resources![0]!.split('/');
  const name = part.resourceNames?.[0];
  const nameCovered = !rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name));
  return has(rule.apiGroups, part.apiGroups![0]!) && resourceMatches(rule.resources, resource, subresource) && nameCovered;
}

/** Rules that differ in their verbs only become one. Sorted as upstream prints them. */
export function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const byRest = new Map<string, { rule: PolicyRule; verbs: string[] }>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    const known = byRest.get(key);
    if (known) known.verbs.push(...rule.verbs.filter((verb) => !known.verbs.includes(verb)));
    else byRest.set(key, { rule, verbs: [...rule.verbs] });
  }
  return [...byRest.values()].map(({ rule, verbs }) => ({ ...rule, verbs })).sort((a, b) => (ruleText(a) < ruleText(b) ? -1 : 1));
}

/** `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`. */
export function ruleText({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  const quoted = (list: readonly string[]): string => `[${list.map((one) => JSON.stringify(one)).join(' ')}]`;
  const parts = [
    apiGroups?.length && `APIGroups:${quoted(apiGroups)}`,
    resources?.length && `Resources:${quoted(resources)}`,
    nonResourceURLs?.length && `NonResourceURLs:${quoted(nonResourceURLs)}`,
    resourceNames?.length && `ResourceNames:${quoted(resourceNames)}`,
    verbs.length && `Verbs:${quoted(verbs)}`,
  ];
  return `{${parts.filter(Boolean).join(', ')}}`;
}
