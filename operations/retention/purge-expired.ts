/** Deletes what is kept no longer, tenant by tenant, in batches that are short calls; what is left over goes next time. */
import { databaseErrorOf } from '#postgres/database-error.ts'
import { deleteIdleBuckets } from '#postgres/statements/bucket-delete.ts'
import { deleteExpiredConnections } from '#postgres/statements/connection-delete.ts'
import { expiredRows, lockedByTenant, type Retention } from '#postgres/statements/retention.ts'
import { loadSettings } from '#postgres/statements/setting.ts'
import { deleteOldFailures } from '#postgres/statements/sign-in-failure.ts'
import { deleteExpiredTickets } from '#postgres/statements/ticket.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { eachCell } from '../tenant/cells.ts'
import { listTenants } from '../tenant/load-tenant.ts'

/** What a tenant has set; documented in docs/protocol.md and docs/sql.md. */
async function retentionOf({ platform }: Ports, tenant: Tenant): Promise<Retention> {
  const { runs, executions, previews, audit, secrets } = await loadSettings(platform, tenant)
  return {
    days: runs,
    executionDays: executions,
    previewDays: previews,
    auditDays: audit,
    secretDays: secrets,
  }
}

/** Rows of one batch: at 48 KiB each, deleted in well under the 45 seconds of a call. */
const batchRows = 1_000
/** Batches of one kind in one pass, so that a tenant with much to delete does not keep the others waiting. */
const mostBatches = 100

export interface PurgeOptions {
  readonly batchRows?: number
  /** Ends the pass after the batch that runs. */
  readonly signal?: AbortSignal
}

/** Safe to run at any time, also twice at once. A tenant that fails is logged; the others go on. */
export async function purgeExpired(ports: Ports, options: PurgeOptions = {}): Promise<void> {
  const deadlineMs = ports.clock.now().getTime() + ports.defaults.budgetMs
  const isOver = (): boolean => options.signal?.aborted === true || ports.clock.now().getTime() >= deadlineMs
  await eachCell(ports, (there) => purgeCell(there, { ...options, isOver }))
}

type Passing = PurgeOptions & { readonly isOver: () => boolean }

async function purgeCell(ports: Ports, options: Passing): Promise<void> {
  await deleteExpiredConnections(ports.platform)
  await deleteIdleBuckets(ports.platform)
  await deleteExpiredTickets(ports.platform)
  await deleteOldFailures(ports.platform)
  for (const tenant of await listTenants(ports)) {
    if (options.isOver()) return
    try {
      await purgeTenant(ports, tenant, options)
    } catch (error) {
      ports.log('error', 'expired rows of a tenant could not be deleted', { tenantId: tenant.id, error })
    }
  }
}

async function purgeTenant(ports: Ports, tenant: Tenant, { isOver, ...options }: Passing): Promise<void> {
  const { batchRows: most = batchRows } = options
  for (const expired of expiredRows(ports.platform, tenant, await retentionOf(ports, tenant))) {
    for (let batch = 0; batch < mostBatches && !isOver(); batch++) {
      if (!(await expired.run(most).catch(notWhatIsLocked))) break
    }
  }
}

/** It goes another time. */
function notWhatIsLocked(error: unknown): false {
  if (databaseErrorOf(error)?.sqlstate !== lockedByTenant) throw error
  return false
}
