/** The audit log as the history is made from it, with the rows that its changes lead to. */
import { alongMessages } from '#engine/ddl/audit-sql.ts'
import { literal } from '#engine/ddl/sql-text.ts'
import type { AuditedChange } from '#engine/history/audited-change.ts'
import type { Row } from '#engine/model/json.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages, readPages } from './paging.ts'

const isAlong = `a.message IN (${Object.values(alongMessages).map(literal).join(', ')})`

const originSql = `CASE WHEN ${isAlong} THEN
    CASE WHEN a.change_type = 'INSERT' AND x.kind NOT IN ('sync', 'install') THEN 'made' ELSE 'along' END
  WHEN NOT a.by_engine THEN 'user'
  WHEN a.execution_id IS NULL OR x.kind = 'sync' THEN 'pull' ELSE 'outcome' END`

export interface ToldChange extends AuditedChange {
  readonly sort: number
  /** Whether it is of the time that was asked for. */
  readonly isSince: boolean
  readonly transactionId: string
}

export interface ChangedRow {
  readonly table_name: string
  readonly row_id: number
}

/** How many there are from this one on, counted no further than to `most`. */
export async function countChanges(
  db: Queryable,
  { schema: t }: Tenant,
  { first, most }: { readonly first: number; readonly most: number },
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT FROM ${t}.iasql_audit WHERE id >= :first::bigint LIMIT :most::int) a`,
    { first, most },
  )
  return row?.count ?? 0
}

/** All changes of rows from this one on, in their order; of transactions that overlap, one with a lower id may be later. */
export async function readChanges(
  db: Queryable,
  { schema: t }: Tenant,
  { first, since }: { readonly first: number; readonly since: string | null },
): Promise<readonly ToldChange[]> {
  return await readPages<ToldChange>(
    db,
    `SELECT a.id AS sort, a.id, a.table_name AS "table", a.row_id AS "rowId", a.original, a.change, a.xid::text AS xid,
       :since::text IS NULL OR a.ts >= :since::timestamptz AS "isSince", ${originSql} AS origin, coalesce(a.transaction_id, c.transaction_id, a.xid::text) AS "transactionId"
     FROM ${t}.iasql_audit a LEFT JOIN ${t}.iasql_commit c ON c.xid = a.xid
     LEFT JOIN ${t}.iasql_execution_record x ON x.execution_id = a.execution_id
     WHERE a.id >= :first::bigint AND a.id > :after::bigint AND a.change_type IN ('INSERT', 'UPDATE', 'DELETE')
     ORDER BY a.id LIMIT :most::int`,
    { first, since },
  )
}

/** Keys of those of the rows that a user had inserted or edited before, or that an apply had brought along with such. */
export async function askedBefore(
  db: Queryable,
  { schema: t }: Tenant,
  first: number,
  rows: readonly ChangedRow[],
): Promise<ReadonlySet<string>> {
  const asked = new Set<string>()
  for (const page of inPages(rows, 5_000)) {
    const found = await db.query<ChangedRow>(
      `SELECT r.table_name, r.row_id FROM jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint)
       WHERE EXISTS (SELECT FROM ${t}.iasql_audit a
         LEFT JOIN ${t}.iasql_execution_record x ON x.execution_id = a.execution_id
         WHERE a.table_name = r.table_name AND a.row_id = r.row_id AND a.id < :first::bigint
           AND (${originSql}) IN ('user', 'made'))`,
      { first, rows: JSON.stringify(page) },
    )
    for (const row of found) asked.add(resourceKey(row.table_name, row.row_id))
  }
  return asked
}

/** The first change at or after a time; absent: of all. Undefined when there is none. */
export async function firstChangeSince(
  db: Queryable,
  { schema: t }: Tenant,
  since: string | null,
): Promise<number | undefined> {
  const [row] = await db.query<{ id: number | null }>(
    `SELECT min(id) AS id FROM ${t}.iasql_audit WHERE :since::text IS NULL OR ts >= :since::timestamptz`,
    { since },
  )
  return row?.id ?? undefined
}

/** Of a transaction as `iasql_audit_log` names it. */
export async function firstChangeOf(
  db: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
): Promise<number | undefined> {
  const xid = /^\d{1,19}$/.test(transactionId) ? transactionId : null
  const [row] = await db.query<{ id: number | null }>(
    `SELECT min(a.id) AS id FROM ${t}.iasql_audit a LEFT JOIN ${t}.iasql_commit c ON c.xid = a.xid
     WHERE (a.transaction_id = :transaction OR a.xid = :xid::xid8
         OR a.xid IN (SELECT k.xid FROM ${t}.iasql_commit k WHERE k.transaction_id = :transaction))
       AND coalesce(a.transaction_id, c.transaction_id, a.xid::text) = :transaction`,
    { transaction: transactionId, xid },
  )
  return row?.id ?? undefined
}

/** The last one in which a user changed a row. */
export async function latestTransaction(db: Queryable, { schema: t }: Tenant): Promise<string | undefined> {
  const [row] = await db.query<{ transaction_id: string }>(
    `SELECT coalesce(a.transaction_id, c.transaction_id, a.xid::text) AS transaction_id
     FROM ${t}.iasql_audit a LEFT JOIN ${t}.iasql_commit c ON c.xid = a.xid
     WHERE NOT a.by_engine AND a.change_type IN ('INSERT', 'UPDATE', 'DELETE') ORDER BY a.id DESC LIMIT 1`,
  )
  return row?.transaction_id
}

/** All rows of a managed table, or those with these ids. */
export async function readRows(
  db: Queryable,
  { schema: t }: Tenant,
  table: string,
  ids: readonly number[] | 'all',
): Promise<readonly Row[]> {
  const wanted =
    ids === 'all' ? '' : 'AND q.id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))'
  const rows = await readPages<{ readonly sort: number; readonly row: Row }>(
    db,
    `SELECT q.id AS sort, to_jsonb(q.*) AS "row" FROM ${t}."${table}" q WHERE q.id > :after::bigint ${wanted}
     ORDER BY q.id LIMIT :most::int`,
    ids === 'all' ? {} : { ids: JSON.stringify(ids) },
  )
  return rows.map(({ row }) => row)
}
