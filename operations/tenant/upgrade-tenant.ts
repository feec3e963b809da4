/** Brings a tenant's schema and functions to what this version of the product offers. */
import { migrateTenant } from '#postgres/migrate.ts'
import { tenantSchema } from '#postgres/migrations/schema-version.ts'
import { putSettings } from '#postgres/statements/setting.ts'
import { noteUpgrade } from '#postgres/statements/tenant-schema.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { showPeople } from '../people/change-people.ts'
import type { Ports } from '../ports.ts'
import { engineFunctionsSql } from '../rpc/engine-functions.ts'
import { tenantFingerprint } from './tenant-fingerprint.ts'

/** Safe to repeat, and after a crash: that it is done is noted last. */
export async function upgradeTenant(ports: Ports, tenant: Tenant): Promise<void> {
  await migrateTenant(ports.platform, tenant)
  const offered = await ports.modules()
  await ports.platform.transaction(async (transaction) => {
    await transaction.run(`SET LOCAL ROLE ${tenant.ownerRole}`)
    for (const sql of engineFunctionsSql(tenant, offered)) await transaction.run(sql)
    await putSettings(transaction, tenant)
  })
  await showPeople(ports, tenant)
  const made = { ...tenantSchema, fingerprint: tenantFingerprint(offered) }
  await noteUpgrade(ports.platform, tenant, made)
  if (ports.directory) await noteUpgrade(ports.directory, tenant, made)
}
