/** Rows of open transactions: others leave them alone. */
import { resourceKey } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { isOpen } from './open-change.ts'
import { inPages } from './paging.ts'

export interface OpenRow {
  readonly table_name: string
  readonly row_id: number
  readonly transaction_id: string
  readonly actor: string
}

const pageSize = 2_000

/** By resource key, in transactions other than that one. */
export async function openRows(
  db: Queryable,
  { schema: t }: Tenant,
  own: string | null,
): Promise<ReadonlyMap<string, OpenRow>> {
  const rows = new Map<string, OpenRow>()
  let last = { table_name: '', row_id: 0 }
  for (;;) {
    const page = await db.query<OpenRow>(
      `WITH open AS (
         SELECT transaction_id, actor, state FROM ${t}.iasql_transaction
         WHERE state IN ('open', 'committing') AND transaction_id IS DISTINCT FROM :own::text),
       held AS (
         SELECT e.table_name, e.row_id, open.transaction_id, open.actor
         FROM open JOIN ${t}.iasql_commit c USING (transaction_id) JOIN ${t}.iasql_edit e ON e.xid = c.xid
         UNION ALL SELECT r.table_name, r.row_id, open.transaction_id, open.actor
         FROM open JOIN ${t}.iasql_transaction_row r USING (transaction_id) WHERE open.state = 'committing')
       SELECT table_name, row_id, min(transaction_id) AS transaction_id, min(actor) AS actor FROM held
       WHERE (table_name, row_id) > (:table::text, :row::bigint)
       GROUP BY table_name, row_id ORDER BY table_name, row_id LIMIT ${pageSize}`,
      { own, table: last.table_name, row: last.row_id },
    )
    for (const row of page) rows.set(resourceKey(row.table_name, row.row_id), row)
    last = page.at(-1) ?? last
    if (page.length < pageSize) return rows
  }
}

/** Keys of the rows that the transaction has edited and no apply has taken up. */
export async function pendingKeys(
  db: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  let last = { table_name: '', row_id: 0 }
  for (;;) {
    const page = await db.query<{ table_name: string; row_id: number }>(
      `SELECT DISTINCT e.table_name, e.row_id FROM ${t}.iasql_commit c JOIN ${t}.iasql_edit e ON e.xid = c.xid
       WHERE c.transaction_id = :id AND (e.table_name, e.row_id) > (:table::text, :row::bigint)
       ORDER BY e.table_name, e.row_id LIMIT ${pageSize}`,
      { id: transactionId, table: last.table_name, row: last.row_id },
    )
    for (const row of page) keys.add(resourceKey(row.table_name, row.row_id))
    last = page.at(-1) ?? last
    if (page.length < pageSize) return keys
  }
}

/** Of these rows one that an execution is working on. */
export async function claimedRow(
  db: Queryable,
  { schema: t }: Tenant,
  rows: readonly { readonly table_name: string; readonly row_id: number }[],
): Promise<
  | {
      readonly table_name: string
      readonly row_id: number
      readonly execution_id: number
      readonly actor: string
    }
  | undefined
> {
  for (const page of inPages(rows, 5_000)) {
    const found = await db.query<{
      readonly table_name: string
      readonly row_id: number
      readonly execution_id: number
      readonly actor: string
    }>(
      `SELECT c.table_name, c.row_id, c.execution_id, x.actor
       FROM jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint)
       JOIN ${t}.iasql_change_record c ON c.table_name = r.table_name AND c.row_id = r.row_id
         AND c.execution_id IS NOT NULL AND ${isOpen('c')}
       JOIN ${t}.iasql_execution_record x ON x.execution_id = c.execution_id LIMIT 1`,
      { rows: JSON.stringify(page) },
    )
    if (found[0]) return found[0]
  }
  return undefined
}
