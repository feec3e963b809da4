/** Makes a tenant under an opaque name: its row, roles, logins, schemas and the engine's tables in them. */
import { randomBytes } from 'node:crypto'
import type { Database, Queryable } from './database.ts'
import { migrateTenant } from './migrate.ts'
import type { Secrets } from './secrets.ts'
import { findTenant } from './statements/tenant-find.ts'
import type { Tenant } from './tenant.ts'
import { makeRoles, makeSchemas } from './tenant-roles.ts'

export interface Provision {
  readonly alias: string
  readonly database: string
}

/**
 * Safe to repeat, also at the same time: what a crash left half-made is completed, and passwords are made anew when the
 * secrets do not know them.
 * @example await provisionTenant(platform, secrets, { alias: 'local', database: 'local' })
 */
export async function provisionTenant(
  platform: Database,
  secrets: Secrets,
  { alias, database }: Provision,
): Promise<Tenant> {
  await insertTenant(platform, { alias, database })
  const tenant = await findTenant(platform, { alias })
  if (!tenant) throw new Error(`the tenant ${alias} was not stored`)
  const isMade = tenant.state !== 'creating' && (await areKnown(secrets, tenant))
  if (!isMade) {
    await platform.transaction(async (transaction) => {
      // One at a time: of two passwords the one in the secrets must be the one in the database.
      await transaction.query(
        'SELECT tenant_id FROM iasql_platform.tenant WHERE tenant_id = :id FOR UPDATE',
        { id: tenant.id },
      )
      await makeRoles(transaction, secrets, tenant)
      await makeSchemas(transaction, tenant)
    })
  }
  await migrateTenant(platform, tenant)
  await platform.run(
    "UPDATE iasql_platform.tenant SET state = 'active' WHERE tenant_id = :id AND state = 'creating'",
    { id: tenant.id },
  )
  return tenant
}

/** The first of all is the home tenant. */
const insertTenant = async (platform: Queryable, { alias, database }: Provision): Promise<void> => {
  const id = `t_${randomBytes(8).toString('hex')}`
  await platform.run(
    `INSERT INTO iasql_platform.tenant (tenant_id, alias, schema_name, user_schema, owner_role, reader_role,
       writer_role, reader_secret, writer_secret, database_name, is_home)
     VALUES (:id, :alias, :id, :id || '_user', :id || '_owner', :id || '_reader', :id || '_writer',
       'iasql/' || :id || '/reader', 'iasql/' || :id || '/writer', :database,
       NOT EXISTS (SELECT FROM iasql_platform.tenant))
     ON CONFLICT DO NOTHING`,
    { id, alias, database },
  )
}

const areKnown = async (secrets: Secrets, { reader, writer }: Tenant): Promise<boolean> => {
  const found = await Promise.allSettled([secrets.get(reader.secret), secrets.get(writer.secret)])
  return found.every(({ status }) => status === 'fulfilled')
}
