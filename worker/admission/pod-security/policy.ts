// Which standard holds in a namespace: what its labels say, and else the default of the cluster. What cannot be read counts as the strictest where it is enforced,
// and as nothing where it is only told. Mirrors k8s.io/pod-security-admission/api/helpers.go.

import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';

const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
type Level = (typeof LEVELS)[number];

/** `minor` of version 1.x; Infinity is the latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

export type Mode = 'enforce' | 'audit' | 'warn';
export type Policy = Readonly<Record<Mode, LevelVersion>>;

export interface FoundPolicy {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
}

type Labels = Readonly<Record<string, string>>;

export const PREFIX = 'pod-security.kubernetes.io/';

export function policyOf(labels: Labels | undefined, defaults: Policy): FoundPolicy {
  if (!labels || !Object.keys(labels).some((key) => key.startsWith(PREFIX))) return { policy: defaults, errors: [] };
  const errors: FieldError[] = [];
  const enforce = read(labels, 'enforce', defaults.enforce, 'restricted', errors);
  const isEnforced = labels[`${PREFIX}enforce`] !== undefined && parseLevel(labels[`${PREFIX}enforce`]!) !== undefined;
  const audit = read(labels, 'audit', defaults.audit, 'privileged', errors);
  const warn = read(labels, 'warn', defaults.warn, 'privileged', errors);
  const isSilent = isEnforced && labels[`${PREFIX}warn`] === undefined && stricter(enforce.level, warn.level) > 0;
  return { policy: { enforce, audit, warn: isSilent ? warnOf(enforce, warn, labels) : warn }, errors };
}

/** Who does not say what to warn of is warned of what is refused: of templates, whose pods will be. */
const warnOf = ({ level, minor }: LevelVersion, warn: LevelVersion, labels: Labels): LevelVersion => ({
  level,
  minor: labels[`${PREFIX}warn-version`] === undefined ? minor : warn.minor,
});

function read(labels: Labels, mode: Mode, byDefault: LevelVersion, unreadable: Level, errors: FieldError[]): LevelVersion {
  const one = <T>(label: string, parse: (text: string) => T | undefined, wrong: string): T | undefined => {
    const text = labels[PREFIX + label];
    const parsed = text === undefined ? undefined : parse(text);
    if (text !== undefined && parsed === undefined) errors.push(invalidField(`metadata.labels[${PREFIX}${label}]`, text, wrong));
    return parsed;
  };
  const level = one(mode, parseLevel, WRONG_LEVEL);
  const minor = one(`${mode}-version`, parseVersion, WRONG_VERSION);
  return {
    level: level ?? (labels[PREFIX + mode] === undefined ? byDefault.level : unreadable),
    minor: minor ?? (labels[`${PREFIX}${mode}-version`] === undefined ? byDefault.minor : Infinity),
  };
}

export const WRONG_LEVEL = `must be one of ${LEVELS.join(', ')}`;
export const WRONG_VERSION = 'must be "latest" or "v1.x"';

export const parseLevel = (text: string): Level | undefined => LEVELS.find((one) => one === text);

export function parseVersion(text: string): number | undefined {
  if (text === 'latest') return Infinity;
  const match = /^v1\.(\d|[1-9]\d*)$/.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** `restricted:latest`, `baseline:v1.25`. */
export const policyText = ({ level, minor }: LevelVersion): string => `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;

/** Over 0 if `a` is stricter than `b`. */
const stricter = (a: Level, b: Level): number => LEVELS.indexOf(a) - LEVELS.indexOf(b);

/** Of the same version, and no stricter than before. */
export const isRelaxed = (next: LevelVersion, before: LevelVersion): boolean =>
  next.minor === before.minor && stricter(next.level, before.level) <= 0;

const isPrivileged = ({ level }: LevelVersion): boolean => level === 'privileged';

/** Nothing is looked for in any of these modes. */
export const allowsAll = (policy: Policy, ...modes: readonly Mode[]): boolean => modes.every((mode) => isPrivileged(policy[mode]));

/** Two policies ask the same. */
export const isEquivalent = (a: Policy, b: Policy): boolean =>
  (['enforce', 'audit', 'warn'] as const).every(
    (mode) => (isPrivileged(a[mode]) && isPrivileged(b[mode])) || policyText(a[mode]) === policyText(b[mode]),
  );
