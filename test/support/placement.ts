/** Where the tenants of labs are: in the shared database, or, where IASQL_TEST_PLACEMENT says so, in one of their own. */
import type { Ports } from '#operations/ports.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { openCell } from '#operations/tenant/open-cell.ts'
import { mirrorTenant } from '#postgres/statements/tenant-mirror.ts'
import type { Tenant } from '#postgres/tenant.ts'

/** The tenant, and ports within the database that it is in. */
export interface Placed {
  readonly ports: Ports
  readonly tenant: Tenant
}

/** Makes the tenant of that alias, where it is. */
type Make = (ports: Ports, alias: string) => Promise<unknown>

const makeWhole: Make = (ports, alias) => createTenant(ports, { alias, secrets: ports.secrets })

const isDedicated = process.env.IASQL_TEST_PLACEMENT === 'dedicated'

export const placed = async (ports: Ports, tenant: Tenant, make?: Make): Promise<Placed> =>
  isDedicated ? await placeApart(ports, tenant, make) : { ports, tenant }

/** A tenant that has nothing yet, taken to a database of its own. */
export async function placeApart(
  ports: Ports,
  { id, alias, ...tenant }: Tenant,
  make: Make = makeWhole,
): Promise<Placed> {
  const { platform } = ports
  await openCell(ports, id)
  await platform.run(
    `UPDATE iasql_platform.tenant SET state = 'creating', database_name = :id, placement = 'dedicated'
     WHERE tenant_id = :id`,
    { id },
  )
  await platform.run(`DROP SCHEMA ${tenant.schema}, ${tenant.userSchema} CASCADE`)
  await platform.run('DELETE FROM iasql_platform.drift_schedule WHERE tenant_id = :id', { id })
  await platform.run(
    `REVOKE CONNECT ON DATABASE ${tenant.reader.database} FROM ${tenant.readerRole}, ${tenant.writerRole}`,
  )
  await mirrorTenant(platform, ports.cellDatabase(id), id)
  const there = await atTenant(ports, id)
  await make(there.ports, alias)
  await platform.run("UPDATE iasql_platform.tenant SET state = 'active' WHERE tenant_id = :id", { id })
  return await atTenant(ports, id)
}
