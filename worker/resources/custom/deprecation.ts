// The warning that every use of a deprecated version gives. Mirrors apiextensions-apiserver pkg/apiserver/customresource_handler.go.

import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../api/gen/apiextensions-v1.ts';
import { compareKubeVersions } from '../../lib/kube-version.ts';

export function deprecationOf(
  { spec: { group, names, versions } }: CustomResourceDefinition,
  { name, deprecated, deprecationWarning }: CustomResourceDefinitionVersion,
): string | undefined {
  if (!deprecated) return undefined;
  if (deprecationWarning) return deprecationWarning;
  const [newest] = versions
    .filter((one) => one.served && !one.deprecated && compareKubeVersions(name, one.name) < 0)
    .sort((a, b) => compareKubeVersions(b.name, a.name));
  return `${group}/${name} ${names.kind} is deprecated${newest ? `; use ${group}/${newest.name} ${names.kind}` : ''}`;
}
