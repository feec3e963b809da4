/** Tenants as the platform knows them, by id or by the name people call them. */
import type { Login } from '../data-api.ts'
import type { Queryable } from '../database.ts'
import type { StoredSchema } from '../migrations/schema-version.ts'
import type { Tenant } from '../tenant.ts'

/**
 * `deleting`: nobody gets in any more, and what is there of it goes. `moving`: nobody gets in until it is in its new place, or
 * found to stay where it is.
 */
export type TenantState = 'creating' | 'active' | 'suspended' | 'deleting' | 'moving'

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
  readonly cell: string | null
  readonly state: TenantState
  readonly is_home: boolean
  readonly schema_version: number | null
  readonly schema_readable_since: number | null
}

const columns = `tenant_id, alias, schema_name, user_schema, owner_role, reader_role, writer_role,
  reader_secret, writer_secret, database_name, nullif(database_name, current_database()) AS cell,
  state, is_home, schema_version, schema_readable_since`

export interface FoundTenant extends Tenant {
  /** The database that it has for itself; null: it is in the one that was asked. */
  readonly cell: string | null
  readonly state: TenantState
  /** Its owners look after the other tenants. */
  readonly isHome: boolean
  readonly storedSchema: StoredSchema
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
  cell: row.cell ?? null,
  state: row.state,
  isHome: row.is_home,
  storedSchema: { version: row.schema_version ?? null, readableSince: row.schema_readable_since ?? null },
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

/** At some 400 bytes a row, this many fit one result. */
const tenantsAPage = 1_000

/** Those of the database that is asked: who has one of its own is in its list. */
const isHere = 'database_name = current_database()'

/** Those that are whole, of this database. */
export async function listTenants(db: Queryable): Promise<readonly FoundTenant[]> {
  const found: TenantRow[] = []
  for (;;) {
    const page = await db.query<TenantRow>(
      `SELECT ${columns} FROM iasql_platform.tenant
       WHERE state IN ('active', 'suspended') AND ${isHere} AND tenant_id > :after ORDER BY tenant_id LIMIT ${tenantsAPage}`,
      { after: found.at(-1)?.tenant_id ?? '' },
    )
    found.push(...page)
    if (page.length < tenantsAPage) return found.map(tenantOf)
  }
}

/** The databases that tenants have for themselves. */
export async function cellNames(directory: Queryable): Promise<readonly string[]> {
  const [found] = await directory.query<{ names: readonly string[] | null }>(
    `SELECT jsonb_agg(database_name) AS names FROM iasql_platform.tenant
     WHERE state IN ('active', 'suspended') AND NOT ${isHere}`,
  )
  return found?.names ?? []
}

/** Those that the directory says are served in this cell. */
export async function tenantsOfCell(directory: Queryable, cell: Queryable): Promise<readonly FoundTenant[]> {
  const [database] = await cell.query<{ name: string }>('SELECT current_database()::text AS name')
  const rows = await directory.query<TenantRow>(
    `SELECT ${columns} FROM iasql_platform.tenant
     WHERE state IN ('active', 'suspended') AND database_name = :name ORDER BY tenant_id LIMIT ${tenantsAPage}`,
    { name: database?.name },
  )
  return rows.map(tenantOf)
}

/** Those whose schema was made or brought up to date by another version of the product, in the order of their ids. */
export async function outdatedTenants(
  db: Queryable,
  { fingerprint, after }: { readonly fingerprint: string; readonly after: string },
): Promise<readonly FoundTenant[]> {
  const rows = await db.query<TenantRow>(
    `SELECT ${columns} FROM iasql_platform.tenant
     WHERE state IN ('active', 'suspended') AND tenant_id > :after AND fingerprint IS DISTINCT FROM :fingerprint
     ORDER BY tenant_id LIMIT ${tenantsAPage}`,
    { fingerprint, after },
  )
  return rows.map(tenantOf)
}

/** Those that somebody has begun to delete. */
export async function deletingTenants(db: Queryable): Promise<readonly FoundTenant[]> {
  const rows = await db.query<TenantRow>(
    `SELECT ${columns} FROM iasql_platform.tenant WHERE state = 'deleting' ORDER BY tenant_id LIMIT ${tenantsAPage}`,
  )
  return rows.map(tenantOf)
}
