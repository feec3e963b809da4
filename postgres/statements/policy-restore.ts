/** Drift policies that a transaction has set are as they were before it, as long as they are as it left them. */
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages, readPages } from './paging.ts'
import { type TransactionName, xidsOf } from './transaction-edits.ts'

export interface PolicyEdit {
  readonly table_name: string
  readonly row_id: number | null
  readonly column_name: string | null
  /** Null: there was none. */
  readonly before: string | null
  readonly after: string | null
}

/** What became of each policy in all, whatever was done in between. */
export async function policyEdits(
  db: Queryable,
  { schema: t }: Tenant,
  name: TransactionName,
): Promise<readonly PolicyEdit[]> {
  const { sql, parameters } = xidsOf(t, name)
  const rows = await readPages<{
    readonly sort: number
    readonly original: Row | null
    readonly change: Row | null
  }>(
    db,
    `SELECT a.id AS sort, a.original, a.change FROM ${t}.iasql_audit a
     WHERE a.table_name = 'iasql_drift_policy' AND NOT a.by_engine AND a.xid IN (${sql})
       AND a.id > :after::bigint ORDER BY a.id LIMIT :most::int`,
    parameters,
  )
  const net = new Map<string, PolicyEdit>()
  const note = (row: Row | null, said: Partial<PolicyEdit>): void => {
    if (!row) return
    const { table_name, row_id, column_name } = row as unknown as PolicyEdit
    const key = JSON.stringify([table_name, row_id, column_name])
    const known = net.get(key) ?? {
      table_name,
      row_id,
      column_name,
      before: said.before ?? null,
      after: null,
    }
    net.set(key, { ...known, after: said.after ?? null })
  }
  for (const { original, change } of rows) {
    note(original, { before: String(original?.policy) })
    note(change, { after: String(change?.policy) })
  }
  return [...net.values()].filter(({ before, after }) => before !== after)
}

const same = `p.table_name = r.table_name AND p.row_id IS NOT DISTINCT FROM r.row_id
  AND p.column_name IS NOT DISTINCT FROM r.column_name`

/** How many are as before now. */
export async function restorePolicies(
  transaction: Queryable,
  { schema: t }: Tenant,
  edits: readonly PolicyEdit[],
): Promise<number> {
  const recordset = `jsonb_to_recordset(:edits::jsonb)
    AS r (table_name text, row_id bigint, column_name text, before text, after text)`
  let restored = 0
  for (const page of inPages(edits)) {
    const given = { edits: JSON.stringify(page) }
    restored += await transaction.run(
      `DELETE FROM ${t}.iasql_drift_policy p USING ${recordset}
       WHERE ${same} AND r.before IS NULL AND p.policy = r.after`,
      given,
    )
    restored += await transaction.run(
      `UPDATE ${t}.iasql_drift_policy p SET policy = r.before FROM ${recordset}
       WHERE ${same} AND r.before IS NOT NULL AND p.policy = r.after`,
      given,
    )
    restored += await transaction.run(
      `INSERT INTO ${t}.iasql_drift_policy (table_name, row_id, column_name, policy)
       SELECT r.table_name, r.row_id, r.column_name, r.before FROM ${recordset}
       WHERE r.before IS NOT NULL AND r.after IS NULL
         AND EXISTS (SELECT FROM ${t}.iasql_tables k WHERE k."table" = r.table_name)
       ON CONFLICT DO NOTHING`,
      given,
    )
  }
  return restored
}
