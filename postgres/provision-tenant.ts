/** Makes a tenant's roles, logins and schemas: opaque names, nothing for the public, no right to create among managed tables. */
import { randomBytes } from 'node:crypto'
import type { Database, Queryable } from './database.ts'
import { migrateTenant } from './migrate.ts'
import type { Secrets } from './secrets.ts'
import { findTenant } from './statements/tenant-find.ts'
import type { Tenant } from './tenant.ts'

/** Connections that one login may have open: a tenant cannot take those of the others. */
const connectionsOfLogin = 10

export interface Provision {
  readonly alias: string
  readonly database: string
}

/** Safe to repeat: what a crash left half-made is completed. */
export async function provisionTenant(
  platform: Database,
  secrets: Secrets,
  { alias, database }: Provision,
): Promise<Tenant> {
  await insertTenant(platform, { alias, database })
  const tenant = await findTenant(platform, { alias })
  if (!tenant) throw new Error(`the tenant ${alias} was not stored`)
  if (tenant.state === 'creating') {
    await makeRoles(platform, secrets, tenant)
    await platform.transaction((transaction) => makeSchemas(transaction, tenant))
  }
  await migrateTenant(platform, tenant)
  await platform.run(
    "UPDATE iasql_platform.tenant SET state = 'active' WHERE tenant_id = :id AND state = 'creating'",
    { id: tenant.id },
  )
  return tenant
}

const insertTenant = async (platform: Queryable, { alias, database }: Provision): Promise<void> => {
  const id = `t_${randomBytes(8).toString('hex')}`
  await platform.run(
    `INSERT INTO iasql_platform.tenant (tenant_id, alias, schema_name, user_schema, owner_role, reader_role,
       writer_role, reader_secret, writer_secret, database_name)
     VALUES (:id, :alias, :id, :id || '_user', :id || '_owner', :id || '_reader', :id || '_writer',
       'iasql/' || :id || '/reader', 'iasql/' || :id || '/writer', :database)
     ON CONFLICT (alias) DO NOTHING`,
    { id, alias, database },
  )
}

const makeRoles = async (platform: Database, secrets: Secrets, tenant: Tenant): Promise<void> => {
  await makeRole(platform, tenant.ownerRole, 'NOLOGIN')
  for (const [role, { secret }] of [
    [tenant.readerRole, tenant.reader],
    [tenant.writerRole, tenant.writer],
  ] as const) {
    const password = randomBytes(24).toString('base64url')
    await secrets.put(secret, { user: role, password })
    await makeRole(platform, role, `LOGIN CONNECTION LIMIT ${connectionsOfLogin} PASSWORD '${password}'`)
    await platform.run(`ALTER ROLE ${role} SET search_path = ${tenant.schema}, ${tenant.userSchema}`)
    await platform.run(`GRANT CONNECT ON DATABASE ${tenant.writer.database} TO ${role}`)
  }
  // INHERIT: reads and writes as the owner, and ends a login's runaway statements; SET: makes objects that belong to it.
  for (const role of [tenant.ownerRole, tenant.writerRole, tenant.readerRole]) {
    await platform.run(`GRANT ${role} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`)
  }
}

const makeRole = async (platform: Queryable, role: string, rights: string): Promise<void> => {
  const [found] = await platform.query('SELECT 1 AS one FROM pg_catalog.pg_roles WHERE rolname = :role', {
    role,
  })
  await platform.run(`${found ? 'ALTER' : 'CREATE'} ROLE ${role} ${rights}`)
}

const makeSchemas = async (transaction: Queryable, tenant: Tenant): Promise<void> => {
  const { schema, userSchema, ownerRole, readerRole, writerRole } = tenant
  await transaction.run(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${ownerRole}`)
  await transaction.run(`CREATE SCHEMA IF NOT EXISTS ${userSchema} AUTHORIZATION ${writerRole}`)
  await transaction.run(`SET LOCAL ROLE ${ownerRole}`)
  await transaction.run(`GRANT USAGE ON SCHEMA ${schema} TO ${readerRole}, ${writerRole}`)
  await transaction.run('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC')
  await transaction.run(`SET LOCAL ROLE ${writerRole}`)
  await transaction.run(`GRANT USAGE ON SCHEMA ${userSchema} TO ${readerRole}`)
  await transaction.run(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${userSchema} GRANT SELECT ON TABLES TO ${readerRole}`,
  )
  await transaction.run('RESET ROLE')
}
