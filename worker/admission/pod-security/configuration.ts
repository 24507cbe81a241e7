// PodSecurityConfiguration: the policy of namespaces that say nothing, and who is exempt. Mirrors k8s.io/pod-security-admission/admission/api.

import { duplicateField, fieldErrorMessage, invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { decodeConfig } from '../../lib/config-file.ts';
import { struct } from '../../lib/config-shape.ts';
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../lib/names.ts';
import { InitializationFault } from '../configuration.ts';
import { aggregate } from '../refusal.ts';
import { parseLevel, parseVersion, WRONG_LEVEL, WRONG_VERSION } from './policy.ts';
import type { LevelVersion, Mode, Policy } from './policy.ts';

const MODES = ['enforce', 'audit', 'warn'] as const;

export interface PodSecurityConfiguration {
  /** Complete: `enforce`, `enforce-version`, `audit` … */
  readonly defaults: Readonly<Record<Mode | `${Mode}-version`, string>>;
  readonly exemptions: Readonly<Record<Exemption, readonly string[]>>;
}

type Exemption = 'usernames' | 'namespaces' | 'runtimeClasses';

const defaultsShape = Object.fromEntries(MODES.flatMap((mode) => [mode, `${mode}-version`].map((key) => [key, 'string' as const])));
const GROUP = 'pod-security.admission.config.k8s.io';
const SCHEME = {
  name: 'k8s.io/pod-security-admission/admission/api/scheme/scheme.go:31',
  kind: 'PodSecurityConfiguration',
  apiVersions: ['v1', 'v1beta1', 'v1alpha1'].map((version) => `${GROUP}/${version}`),
  isStrict: true,
  shape: struct('PodSecurityConfiguration', {
    defaults: struct('PodSecurityDefaults', defaultsShape),
    exemptions: struct('PodSecurityExemptions', { usernames: 'strings', namespaces: 'strings', runtimeClasses: 'strings' }),
  }),
};

/** Throws ConfigFault. */
export function configurePodSecurity(text: string | undefined): PodSecurityConfiguration {
  const given = (text ? decodeConfig(text, SCHEME) : {}) as {
    defaults?: Partial<PodSecurityConfiguration['defaults']> | null;
    exemptions?: Partial<PodSecurityConfiguration['exemptions']> | null;
  };
  const configuration = {
    defaults: Object.fromEntries(
      MODES.flatMap((mode) => [
        [mode, given.defaults?.[mode] || 'privileged'],
        [`${mode}-version`, given.defaults?.[`${mode}-version`] || 'latest'],
      ]),
    ) as PodSecurityConfiguration['defaults'],
    exemptions: {
      usernames: given.exemptions?.usernames ?? [],
      namespaces: given.exemptions?.namespaces ?? [],
      runtimeClasses: given.exemptions?.runtimeClasses ?? [],
    },
  };
  const problems = defaultProblems(configuration.defaults);
  if (problems.length) throw new InitializationFault(`PodSecurity configuration error: ${aggregate(problems)}`);
  const errors = exemptionErrors(configuration.exemptions);
  if (errors.length) throw new InitializationFault(`PodSecurity invalid: ${aggregate(errors.map(fieldErrorMessage))}`);
  return configuration;
}

const defaultProblems = (defaults: PodSecurityConfiguration['defaults']): string[] =>
  MODES.flatMap((mode) => [
    ...(parseLevel(defaults[mode]) === undefined ? [`${mode}: ${WRONG_LEVEL}`] : []),
    ...(parseVersion(defaults[`${mode}-version`]) === undefined ? [`${mode}-version: ${WRONG_VERSION}`] : []),
  ]);

const EXEMPTION_RULES: readonly (readonly [Exemption, (name: string) => string[]])[] = [
  ['namespaces', (name) => nameIsDnsLabel(name, false)],
  ['runtimeClasses', (name) => nameIsDnsSubdomain(name, false)],
  ['usernames', (name) => (name === '' ? ['username must not be empty'] : [])],
];

function exemptionErrors(exemptions: PodSecurityConfiguration['exemptions']): FieldError[] {
  return EXEMPTION_RULES.flatMap(([list, problemsOf]) => {
    const seen = new Set<string>();
    return exemptions[list].flatMap((name, i) => {
      const path = `exemptions.${list}[${i}]`;
      const problems = problemsOf(name);
      if (problems.length) return [invalidField(path, name, problems.join(', '))];
      if (seen.has(name)) return [duplicateField(path, name)];
      seen.add(name);
      return [];
    });
  });
}

const policies = new WeakMap<PodSecurityConfiguration, Policy>();

/** The policy of a namespace without labels. */
export function defaultPolicy(configuration: PodSecurityConfiguration): Policy {
  let policy = policies.get(configuration);
  if (!policy) {
    const { defaults } = configuration;
    const of = (mode: Mode): LevelVersion => ({ level: parseLevel(defaults[mode])!, minor: parseVersion(defaults[`${mode}-version`])! });
    policies.set(configuration, (policy = { enforce: of('enforce'), audit: of('audit'), warn: of('warn') }));
  }
  return policy;
}
