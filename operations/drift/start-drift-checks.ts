/** Begins the drift checks that are due: one state machine a tenant, never beside a sync of the same tenant. */
import { settings } from '#engine/model/setting.ts'
import {
  addSchedules,
  type DueCheck,
  endCheck,
  putOffCheck,
  takeDueChecks,
} from '#postgres/statements/drift-schedule.ts'
import { isSyncing } from '#postgres/statements/drift-standing.ts'
import type { Ports } from '../ports.ts'
import { loadTenant } from '../tenant/load-tenant.ts'
import { keepSchedule, minutesOf } from './keep-schedule.ts'

/** Checks begun at a time; what one call does not get to is due for the next. */
const most = 100
/** How long a check that finds a sync at work waits. */
const putOffMs = 60_000

/** Called by a schedule. Each check is begun once, however often the same event is delivered. */
export async function startDriftChecks(ports: Ports): Promise<void> {
  const { platform, clock } = ports
  await addSchedules(platform, { minutes: settings.driftInterval.default, now: clock.now() })
  const due = await takeDueChecks(platform, { now: clock.now(), most })
  for (const check of due) {
    try {
      await startCheck(ports, check)
    } catch (error) {
      ports.log('error', 'a drift check could not be begun', { tenantId: check.tenant_id, error })
      await putOff(ports, check)
    }
  }
}

async function startCheck(ports: Ports, check: DueCheck): Promise<void> {
  const { tenant_id: tenantId, check_id: checkId } = check
  const tenant = await loadTenant(ports, tenantId)
  // The schedule is a copy: what the tenant has set decides.
  if (minutesOf(await keepSchedule(ports, tenant)) === null)
    return await endCheck(ports.platform, { tenantId, checkId })
  if (await isSyncing(ports.platform, tenant, null)) return await putOff(ports, check)
  const name = `${tenantId}-check-${checkId}`
  await ports.machines.start('drift', name, { tenantId, checkId: String(checkId) })
}

const putOff = (
  { platform, clock }: Ports,
  { tenant_id: tenantId, check_id: checkId }: DueCheck,
): Promise<void> =>
  putOffCheck(platform, { tenantId, checkId, at: new Date(clock.now().getTime() + putOffMs) })
