/** Brings a tenant's schema and functions to what this version of the product offers. */
import { migrateTenant } from '#postgres/migrate.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { engineFunctionsSql } from '../rpc/engine-functions.ts'

export async function upgradeTenant(ports: Ports, tenant: Tenant): Promise<void> {
  await migrateTenant(ports.platform, tenant)
  const offered = await ports.modules()
  await ports.platform.transaction(async (transaction) => {
    await transaction.run(`SET LOCAL ROLE ${tenant.ownerRole}`)
    for (const sql of engineFunctionsSql(tenant, offered)) await transaction.run(sql)
  })
}
