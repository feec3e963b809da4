/** Settings that SET has changed stay for the run and for the connection. */
import { saveRunSettings } from '#postgres/statements/run-settings.ts'
import type { OpenRun } from './open-run.ts'
import type { Settings } from './session-settings.ts'

export async function keepSettings(run: OpenRun, settings: Settings): Promise<void> {
  run.settings = settings
  const { ports, tenant, runId, claimed } = run
  await saveRunSettings(ports.platform, tenant, { runId, connectionId: claimed.connection_id, settings })
}
