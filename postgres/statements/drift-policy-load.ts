/** The drift policies that the tenant has set. */
import type { PolicyEntry } from '#engine/merge/drift-policy.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** So many entries fit one result, whatever their names. */
const pageRows = 2_000

/** Null comes first of rows, and of columns: row ids are above 0, and no column is named by an empty text. */
const key = `table_name, coalesce(row_id, 0), coalesce(column_name, '')`

export async function loadPolicies(db: Queryable, tenant: Tenant): Promise<readonly PolicyEntry[]> {
  const entries: PolicyEntry[] = []
  for (;;) {
    const last = entries.at(-1)
    const page = await db.query<{
      readonly table_name: string
      readonly row_id: number | null
      readonly column_name: string | null
      readonly policy: PolicyEntry['policy']
    }>(
      `SELECT table_name, row_id, column_name, policy FROM ${tenant.schema}.iasql_drift_policy
       WHERE (${key}) > (:table::text, :row::bigint, :column::text) ORDER BY ${key} LIMIT ${pageRows}`,
      { table: last?.table ?? '', row: last?.rowId ?? 0, column: last?.column ?? '' },
    )
    for (const { table_name: table, row_id: rowId, column_name: column, policy } of page) {
      entries.push({ table, rowId, column, policy })
    }
    if (page.length < pageRows) return entries
  }
}
