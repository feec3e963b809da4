/** When a run of a tenant ends or waits, those of its tenant that found no room are begun. */
import { findNextRuns } from '#postgres/statements/run-claim.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/**
 * All that there is room for, not one for one: of several that end at once each may see the same as the next. A run that two
 * begin is claimed by one of them; who dies before this leaves it to the sweep.
 */
export async function startNextRuns(
  { platform, invoker, log }: Pick<Ports, 'platform' | 'invoker' | 'log'>,
  tenant: Pick<Tenant, 'id' | 'schema'>,
): Promise<void> {
  try {
    for (const runId of await findNextRuns(platform, tenant))
      await invoker.runStatements({ tenantId: tenant.id, runId })
  } catch (error) {
    log('warn', 'The next runs of a tenant could not be started.', { tenantId: tenant.id, error })
  }
}
