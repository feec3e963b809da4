/** What a drift check asks of a tenant before it begins at a place, and after. */
import type { RowPlace } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Whether a sync is under way that is not of this check. */
export async function isSyncing(
  db: Queryable,
  { schema: t }: Tenant,
  checkId: number | null,
): Promise<boolean> {
  const rows = await db.query<{ syncing: boolean }>(
    `SELECT EXISTS (SELECT FROM ${t}.iasql_execution_record x WHERE x.ended_at IS NULL AND x.kind = 'sync'
       AND coalesce(x.arguments->2->>'checkId', '') <> :check) AS syncing`,
    { check: checkId === null ? 'none' : String(checkId) },
  )
  return rows[0]?.syncing ?? false
}

/** Whether a row of one of these tables stands there. */
export async function hasRowsAt(
  db: Queryable,
  { schema: t }: Tenant,
  { accountId, region }: RowPlace,
  tables: readonly string[],
): Promise<boolean> {
  const rows = await db.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM ${t}.iasql_resource r
       JOIN jsonb_array_elements_text(:tables::jsonb) AS n (name) ON r.table_name = n.name
       WHERE r.account_id IS NOT DISTINCT FROM :account::text AND r.region IS NOT DISTINCT FROM :region::text) AS there`,
    { account: accountId, region, tables: JSON.stringify(tables) },
  )
  return rows[0]?.there ?? false
}
