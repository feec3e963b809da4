/** Tenants as the platform knows them, by id or by the name people call them. */
import type { Login } from '../data-api.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

interface TenantRow {
  readonly tenant_id: string
  readonly alias: string
  readonly schema_name: string
  readonly user_schema: string
  readonly owner_role: string
  readonly reader_role: string
  readonly writer_role: string
  readonly reader_secret: string
  readonly writer_secret: string
  readonly database_name: string
  readonly state: 'creating' | 'active' | 'suspended'
}

const columns = `tenant_id, alias, schema_name, user_schema, owner_role, reader_role, writer_role,
  reader_secret, writer_secret, database_name, state`

export interface FoundTenant extends Tenant {
  readonly state: TenantRow['state']
}

const tenantOf = (row: TenantRow): FoundTenant => ({
  id: row.tenant_id,
  alias: row.alias,
  schema: row.schema_name,
  userSchema: row.user_schema,
  ownerRole: row.owner_role,
  readerRole: row.reader_role,
  writerRole: row.writer_role,
  reader: { secret: row.reader_secret, database: row.database_name },
  writer: { secret: row.writer_secret, database: row.database_name },
  state: row.state,
})

export async function findTenant(
  db: Queryable,
  by: { readonly id: string } | { readonly alias: string },
): Promise<FoundTenant | undefined> {
  const [column, value] = 'id' in by ? ['tenant_id', by.id] : ['alias', by.alias]
  const rows = await db.query<TenantRow>(
    `SELECT ${columns} FROM iasql_platform.tenant WHERE ${column} = :value`,
    { value },
  )
  return rows[0] && tenantOf(rows[0])
}

/** Whose login it is; undefined for the platform's own. */
export async function findTenantOfLogin(
  db: Queryable,
  { secret }: Pick<Login, 'secret'>,
): Promise<FoundTenant | undefined> {
  const rows = await db.query<TenantRow>(
    `SELECT ${columns} FROM iasql_platform.tenant WHERE reader_secret = :secret OR writer_secret = :secret`,
    { secret },
  )
  return rows[0] && tenantOf(rows[0])
}

export async function listTenants(db: Queryable): Promise<readonly FoundTenant[]> {
  const rows = await db.query<TenantRow>(
    `SELECT ${columns} FROM iasql_platform.tenant WHERE state <> 'creating' ORDER BY tenant_id`,
  )
  return rows.map(tenantOf)
}
