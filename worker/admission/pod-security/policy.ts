// Which standard holds in a namespace, read from its labels. What cannot be read counts as the strictest where it is enforced, and as nothing where it is
// only told. Mirrors k8s.io/pod-security-admission/api/helpers.go.

import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';

const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
type Level = (typeof LEVELS)[number];

/** `minor` of version 1.x; Infinity is the latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

type Labels = Readonly<Record<string, string>>;

const PRIVILEGED: LevelVersion = { level: 'privileged', minor: Infinity };
const NOTHING: { policy: Policy; errors: readonly FieldError[] } = {
  policy: { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED },
  errors: [],
};

export function policyOf(labels: Labels | undefined): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  if (!labels || !Object.keys(labels).some((key) => key.startsWith(PREFIX))) return NOTHING;
  const errors: FieldError[] = [];
  const enforce = read(labels, 'enforce', 'restricted', errors);
  const audit = read(labels, 'audit', 'privileged', errors);
  const warn = read(labels, 'warn', 'privileged', errors);
  return { policy: { enforce, audit, warn: labels[`${PREFIX}warn`] === undefined ? atLeast(enforce, warn, labels) : warn }, errors };
}

/** Who does not say what to warn of is warned of what is refused: of templates, whose pods will be. */
function atLeast(enforce: LevelVersion, warn: LevelVersion, labels: Labels): LevelVersion {
  if (enforce.level === 'privileged') return warn;
  return { level: enforce.level, minor: labels[`${PREFIX}warn-version`] === undefined ? enforce.minor : warn.minor };
}

const PREFIX = 'pod-security.kubernetes.io/';

function read(labels: Labels, mode: keyof Policy, unreadable: Level, errors: FieldError[]): LevelVersion {
  const wrong = (label: string, problem: string): void => {
    errors.push(invalidField(`metadata.labels[${label}]`, labels[label], problem));
  };
  let { level, minor } = PRIVILEGED;
  const levelLabel = PREFIX + mode;
  const given = labels[levelLabel];
  if (given !== undefined) {
    const known = LEVELS.find((one) => one === given);
    if (!known) wrong(levelLabel, `must be one of ${LEVELS.join(', ')}`);
    level = known ?? unreadable;
  }
  const versionLabel = `${levelLabel}-version`;
  const version = labels[versionLabel];
  if (version !== undefined && version !== 'latest') {
    const match = /^v1\.(\d|[1-9]\d*)$/.exec(version);
    if (match) minor = Number(match[1]);
    else wrong(versionLabel, 'must be "latest" or "v1.x"');
  }
  return { level, minor };
}

/** `restricted:latest`, `baseline:v1.25`. */
export const policyText = ({ level, minor }: LevelVersion): string => `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;

/** Of the same version, and no stricter than before. */
export const isRelaxed = (next: LevelVersion, before: LevelVersion): boolean =>
  next.minor === before.minor && LEVELS.indexOf(next.level) <= LEVELS.indexOf(before.level);
