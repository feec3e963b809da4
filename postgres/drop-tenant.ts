/** Takes a tenant out of the database: schemas, roles, row. Each step may be repeated; the row, which names the rest, goes last. */
import type { Database, Queryable } from './database.ts'
import { endBackends } from './statements/tenant-stop.ts'
import type { Tenant } from './tenant.ts'

export async function dropTenant(platform: Database, tenant: Tenant): Promise<void> {
  const { schema, userSchema, ownerRole, readerRole, writerRole } = tenant
  await endBackends(platform, tenant)
  for (const name of [userSchema, schema]) {
    await platform.transaction(async (transaction) => {
      await transaction.run("SET LOCAL lock_timeout = '5s'")
      await transaction.run(`DROP SCHEMA IF EXISTS ${name} CASCADE`)
    })
  }
  for (const role of [readerRole, writerRole, ownerRole]) {
    await platform.transaction((transaction) => dropRole(transaction, role))
  }
}

/** With the rights that it has elsewhere, and what it has made outside its schemas. */
async function dropRole(transaction: Queryable, role: string): Promise<void> {
  const found = await transaction.query(
    'SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = :role',
    { role },
  )
  if (found.length === 0) return
  await transaction.run(`DROP OWNED BY ${role} CASCADE`)
  await transaction.run(`DROP ROLE ${role}`)
}

export async function forgetTenant(platform: Queryable, { id }: Pick<Tenant, 'id'>): Promise<void> {
  await platform.run('DELETE FROM iasql_platform.schema_version WHERE scope = :id', { id })
  await platform.run('DELETE FROM iasql_platform.tenant WHERE tenant_id = :id', { id })
}
