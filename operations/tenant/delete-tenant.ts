/** Deletes a tenant: its schemas, roles and secrets, and nothing in any cloud. What a crash leaves, the next sweep finishes. */
import { isDatabase } from '#postgres/cell-database.ts'
import { dropTenant, forgetTenant } from '#postgres/drop-tenant.ts'
import { setDeleting } from '#postgres/statements/tenant-change.ts'
import { deletingTenants, type FoundTenant } from '#postgres/statements/tenant-find.ts'
import { isAtWork } from '#postgres/statements/tenant-stop.ts'
import type { Ports } from '../ports.ts'
import { refusal } from '../rpc/refusal.ts'
import { secretKeyName } from '../secrets/ensure-secret-key.ts'
import { atCellOf } from './cell.ts'
import { dropCell, tellCell } from './cells.ts'
import { stopTenant } from './stop-tenant.ts'

/** Time for calls in flight: what AWS does is to be known before what was known of it goes. */
const patienceMs = 20_000
const againMs = 500

/**
 * In the directory. `later`: calls to AWS are still in flight; the sweep does the rest.
 * @throws 55000 while it is being moved
 */
export async function deleteTenant(ports: Ports, tenant: FoundTenant): Promise<'gone' | 'later'> {
  if (!(await setDeleting(ports.platform, tenant)))
    throw refusal('55000', `the tenant ${tenant.alias} is moving`, 'Try again when it has arrived.')
  if ((await isCellThere(ports, tenant)) && !(await stop(ports, tenant))) return 'later'
  await finish(ports, tenant)
  return 'gone'
}

/** Whether it has stopped. */
async function stop(ports: Ports, tenant: FoundTenant): Promise<boolean> {
  const there = atCellOf(ports, tenant)
  await tellCell(ports, tenant)
  await stopTenant(there, tenant, `The tenant ${tenant.alias} is being deleted.`)
  const untilMs = ports.clock.now().getTime() + patienceMs
  while (await isAtWork(there.platform, tenant)) {
    if (ports.clock.now().getTime() >= untilMs) return false
    await ports.clock.sleep(againMs)
  }
  return true
}

const isCellThere = async ({ platform }: Ports, { cell }: FoundTenant): Promise<boolean> =>
  cell === null || (await isDatabase(platform, cell))

/** For the sweep. One that cannot be deleted is told of, and does not keep the others. */
export async function finishDeletions(ports: Ports): Promise<void> {
  for (const tenant of await deletingTenants(ports.platform)) {
    try {
      if (!(await isStillAtWork(ports, tenant))) await finish(ports, tenant)
    } catch (error) {
      ports.log('error', 'A tenant could not be deleted; it is tried again.', { tenantId: tenant.id, error })
    }
  }
}

/** Where its schema, or its cell, is gone already there is nobody to wait for. */
async function isStillAtWork(ports: Ports, tenant: FoundTenant): Promise<boolean> {
  if (!(await isCellThere(ports, tenant))) return false
  const { platform } = atCellOf(ports, tenant)
  const [found] = await platform.query<{ there: boolean }>(
    'SELECT pg_catalog.to_regclass(:name) IS NOT NULL AS there',
    { name: `${tenant.schema}.iasql_execution_record` },
  )
  return found?.there === true && (await isAtWork(platform, tenant))
}

/** Secrets go before the row that knows their names, and after the logins that need them. */
async function finish(ports: Ports, tenant: FoundTenant): Promise<void> {
  await dropCell(ports, tenant.id)
  await dropTenant(ports.platform, tenant)
  for (const { secret } of [tenant.reader, tenant.writer]) await ports.secrets.delete(secret)
  await ports.secretKeys.delete(secretKeyName(tenant))
  await forgetTenant(ports.platform, tenant)
  ports.log('info', 'A tenant was deleted.', { tenantId: tenant.id })
}
