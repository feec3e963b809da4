/** Relations of the user's own that bear one of the names. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export async function takenNames(
  db: Queryable,
  tenant: Tenant,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = :schema AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S', 'c')
       AND c.relname IN (SELECT value FROM jsonb_array_elements_text(:names::jsonb)) ORDER BY 1`,
    { schema: tenant.userSchema, names: JSON.stringify(names) },
  )
  return rows.map((row) => row.name)
}
