/** When the passwords of tenants' logins were made anew. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Those whose passwords are older than so many days, the oldest first. */
export async function tenantsToRotate(
  db: Queryable,
  { days, most }: { readonly days: number; readonly most: number },
): Promise<readonly string[]> {
  const rows = await db.query<{ tenant_id: string }>(
    `SELECT tenant_id FROM iasql_platform.tenant
     WHERE state = 'active' AND database_name = current_database()
       AND secrets_rotated_at < pg_catalog.now() - make_interval(days => :days::int)
     ORDER BY secrets_rotated_at LIMIT :most::int`,
    { days, most },
  )
  return rows.map((row) => row.tenant_id)
}

/** Whether nobody has rotated them meanwhile: the row is locked, so that two do not follow one another at once. */
export async function lockRotation(
  transaction: Queryable,
  { id }: Pick<Tenant, 'id'>,
  days: number,
): Promise<boolean> {
  const rows = await transaction.query<{ due: boolean }>(
    `SELECT state = 'active' AND secrets_rotated_at <= pg_catalog.now() - make_interval(days => :days::int) AS due
     FROM iasql_platform.tenant WHERE tenant_id = :id FOR NO KEY UPDATE`,
    { id, days },
  )
  return rows[0]?.due === true
}

export async function noteRotation(transaction: Queryable, { id }: Pick<Tenant, 'id'>): Promise<void> {
  await transaction.run(
    'UPDATE iasql_platform.tenant SET secrets_rotated_at = clock_timestamp() WHERE tenant_id = :id',
    { id },
  )
}
