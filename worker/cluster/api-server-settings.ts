// What an API server that begins reads of its flags and their files, in upstream's order, and keeps while it runs. Plain data.

import { configureAdmission } from '../admission/index.ts';
import type { AdmissionSettings } from '../admission/index.ts';
import { auditSettings } from '../server/audit/settings.ts';
import type { AuditSettings } from '../server/audit/settings.ts';
import type { ApiServerStartup } from '../world/world.ts';

/** The configuration of admission plugins, by their names, and beside them: */
export interface ApiServerSettings extends Readonly<Record<string, unknown>> {
  readonly audit?: AuditSettings;
}

/** Throws ConfigFault: it does not begin. */
export function configureApiServer(flags: Readonly<Partial<Record<string, string>>>, startup: ApiServerStartup): ApiServerSettings {
  const audit = auditSettings(flags, startup);
  const admission: AdmissionSettings['configuration'] = configureAdmission(flags, (path) => {
    const found = startup.read(path);
    return 'text' in found ? found.text : undefined;
  });
  return { ...admission, ...(audit && { audit }) };
}
