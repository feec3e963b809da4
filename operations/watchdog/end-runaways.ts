/**
 * Ends statements, and transactions that sit open, after the time that the tenant's setting gives them. Their own limits are
 * no wall: whoever is logged in may set them to nothing.
 */
import { settings } from '#engine/model/setting.ts'
import { endRunaway, findSuspects, type Suspect } from '#postgres/statements/runaway.ts'
import { loadSettings } from '#postgres/statements/setting.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import type { Ports } from '../ports.ts'

type Watching = Pick<Ports, 'platform' | 'log'>

/** One query while nobody takes longer than the least that can be set. A tenant that fails is logged; the others go on. */
export async function endRunaways(ports: Watching): Promise<void> {
  const suspects = await findSuspects(ports.platform, settings.statementTimeout.least)
  for (const [tenantId, ofTenant] of Map.groupBy(suspects, (suspect) => suspect.tenant_id)) {
    try {
      await endThose(ports, tenantId, ofTenant)
    } catch (error) {
      ports.log('error', 'The statements of a tenant could not be watched.', { tenantId, error })
    }
  }
}

async function endThose(ports: Watching, tenantId: string, suspects: readonly Suspect[]): Promise<void> {
  const tenant = await findTenant(ports.platform, { id: tenantId })
  if (!tenant) return
  const { statementTimeout } = await loadSettings(ports.platform, tenant)
  for (const suspect of suspects) {
    const ended = await endRunaway(ports.platform, suspect, statementTimeout)
    if (!ended) continue
    const { state, seconds, is_terminated: isTerminated } = ended
    const { pid, role } = suspect
    const fields = { tenantId, pid, role, state, seconds, isTerminated }
    ports.log('warn', 'A statement took too long and was ended.', fields)
  }
}
