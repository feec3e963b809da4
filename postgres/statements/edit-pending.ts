/** Which rows have edits that are not applied yet, and by which transactions of the database they were made. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { readPages } from './paging.ts'

export interface PendingEdit {
  readonly xid: string
  readonly table: string
  readonly rowId: number
}

/** Of one transaction of users, or of all. */
export async function pendingEdits(
  db: Queryable,
  { schema: t }: Tenant,
  transactionId: string | null,
): Promise<readonly PendingEdit[]> {
  return await readPages<PendingEdit & { readonly sort: number }>(
    db,
    `SELECT e.edit_id AS sort, e.xid::text AS xid, e.table_name AS "table", e.row_id AS "rowId" FROM ${t}.iasql_edit e
     WHERE e.edit_id > :after::bigint AND (:transaction::text IS NULL
       OR e.xid IN (SELECT c.xid FROM ${t}.iasql_commit c WHERE c.transaction_id = :transaction::text))
     ORDER BY e.edit_id LIMIT :most::int`,
    { transaction: transactionId },
  )
}

export async function firstPendingChange(db: Queryable, { schema: t }: Tenant): Promise<number | undefined> {
  const [row] = await db.query<{ id: number | null }>(
    `SELECT min(a.id) AS id FROM ${t}.iasql_audit a WHERE a.xid IN (SELECT e.xid FROM ${t}.iasql_edit e)`,
  )
  return row?.id ?? undefined
}
