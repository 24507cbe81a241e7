// What is wrong with the values of kube-apiserver's `--audit-log-` flags. Mirrors apiserver pkg/server/options/audit.go.

import type { Flags } from './flags.ts';

const MODES = ['batch', 'blocking', 'blocking-strict'];
const FORMATS = ['legacy', 'json'];

/** Without a path nobody looks at them. */
export function auditProblems(flags: Flags): string | undefined {
  if (!flags['audit-log-path']) return undefined;
  const {
    'audit-log-mode': mode = 'blocking',
    'audit-log-format': format = 'json',
    'audit-log-version': version = 'audit.k8s.io/v1',
  } = flags;
  const problems = [
    ...(MODES.includes(mode) ? [] : [`invalid audit log mode ${mode}, allowed modes are ${JSON.stringify(MODES.join(','))}`]),
    ...(version === 'audit.k8s.io/v1' ? [] : ['invalid group version, allowed versions are [{"audit.k8s.io" "v1"}]']),
    ...(FORMATS.includes(format) ? [] : [`invalid audit log format ${format}, allowed formats are ${JSON.stringify(FORMATS.join(','))}`]),
    ...['maxage', 'maxbackup', 'maxsize'].flatMap((name) => {
      const given = Number(flags[`audit-log-${name}`] ?? 0);
      return given < 0 ? [`--audit-log-${name} ${given} can't be a negative number`] : [];
    }),
  ];
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
}
