/** Deletes a tenant: its schemas, roles and secrets, and nothing in any cloud. What a crash leaves, the next sweep finishes. */
import { dropTenant, forgetTenant } from '#postgres/drop-tenant.ts'
import { setDeleting } from '#postgres/statements/tenant-change.ts'
import { deletingTenants } from '#postgres/statements/tenant-find.ts'
import { isAtWork } from '#postgres/statements/tenant-stop.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { secretKeyName } from '../secrets/ensure-secret-key.ts'
import { stopTenant } from './stop-tenant.ts'

/** Time for calls in flight: what AWS does is to be known before what was known of it goes. */
const patienceMs = 20_000
const againMs = 500

/** `later`: calls to AWS are still in flight; the sweep does the rest. */
export async function deleteTenant(ports: Ports, tenant: Tenant): Promise<'gone' | 'later'> {
  await setDeleting(ports.platform, tenant)
  await stopTenant(ports, tenant, `The tenant ${tenant.alias} is being deleted.`)
  const untilMs = ports.clock.now().getTime() + patienceMs
  while (await isAtWork(ports.platform, tenant)) {
    if (ports.clock.now().getTime() >= untilMs) return 'later'
    await ports.clock.sleep(againMs)
  }
  await finish(ports, tenant)
  return 'gone'
}

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

/** Where its schema is gone already there is nobody to wait for. */
async function isStillAtWork({ platform }: Ports, tenant: Tenant): Promise<boolean> {
  const [found] = await platform.query<{ there: boolean }>(
    'SELECT pg_catalog.to_regclass(:name) IS NOT NULL AS there',
    { name: `${tenant.schema}.iasql_execution_record` },
  )
  return found?.there === true && (await isAtWork(platform, tenant))
}

/** Secrets go before the row that knows their names, and after the logins that need them. */
async function finish(ports: Ports, tenant: Tenant): Promise<void> {
  await dropTenant(ports.platform, tenant)
  for (const { secret } of [tenant.reader, tenant.writer]) await ports.secrets.delete(secret)
  await ports.secretKeys.delete(secretKeyName(tenant))
  await forgetTenant(ports.platform, tenant)
  ports.log('info', 'A tenant was deleted.', { tenantId: tenant.id })
}
