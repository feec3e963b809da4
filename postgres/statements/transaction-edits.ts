/** The edits of a transaction in the audit log, those of others since, and which of them no apply has taken up. */
import type { Row } from '#engine/model/json.ts'
import type { AuditedEdit } from '#engine/transaction/net-edit.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { readPages } from './paging.ts'

/** Of begin … commit by its id, or of an edit outside of one by its xid. */
export type TransactionName = { readonly transactionId: string } | { readonly xid: string }

interface NamedEdits {
  readonly sql: string
  readonly parameters: { readonly id: string }
}

/** The ids of the database's transactions that it consists of. */
export const xidsOf = (t: string, name: TransactionName): NamedEdits =>
  'xid' in name
    ? { sql: 'SELECT CAST(:id AS xid8) AS xid', parameters: { id: name.xid } }
    : {
        sql: `SELECT c.xid FROM ${t}.iasql_commit c WHERE c.transaction_id = :id`,
        parameters: { id: name.transactionId },
      }

interface StoredEdit {
  readonly sort: number
  readonly table_name: string
  readonly row_id: number
  readonly original: Row | null
  readonly change: Row | null
}

export interface TransactionEdit extends AuditedEdit {
  readonly id: number
  /** No apply has taken it up. */
  readonly isPending: boolean
}

/** Of users, in the order in which they were made. */
export async function transactionEdits(
  db: Queryable,
  { schema: t }: Tenant,
  name: TransactionName,
): Promise<readonly TransactionEdit[]> {
  const { sql, parameters } = xidsOf(t, name)
  const rows = await readPages<StoredEdit & { readonly is_pending: boolean }>(
    db,
    `SELECT a.id AS sort, a.table_name, a.row_id, a.original, a.change,
       EXISTS (SELECT FROM ${t}.iasql_edit e
         WHERE e.table_name = a.table_name AND e.row_id = a.row_id AND e.xid = a.xid) AS is_pending
     FROM ${t}.iasql_audit a WHERE a.xid IN (${sql}) AND NOT a.by_engine AND a.row_id IS NOT NULL
       AND a.id > :after::bigint ORDER BY a.id LIMIT :most::int`,
    parameters,
  )
  return rows.map((row) => ({
    id: row.sort,
    table: row.table_name,
    rowId: row.row_id,
    original: row.original,
    change: row.change,
    isPending: row.is_pending,
  }))
}

export interface LaterEdit extends AuditedEdit {
  readonly id: number
  readonly actor: string
  /** As `iasql_revert` takes it, once it has ended. */
  readonly transactionId: string
  /** Its session has not ended it yet. */
  readonly isOpen: boolean
}

export interface EditedRow {
  readonly table_name: string
  readonly row_id: number
  /** In the audit log: what comes after it is later. */
  readonly since: number
}

/** Of users, on these rows, in other transactions. */
export async function laterEdits(
  db: Queryable,
  { schema: t }: Tenant,
  name: TransactionName,
  rows: readonly EditedRow[],
): Promise<readonly LaterEdit[]> {
  if (rows.length === 0) return []
  const { sql, parameters } = xidsOf(t, name)
  const found: LaterEdit[] = []
  for (let from = 0; from < rows.length; from += 5_000) {
    const page = await readPages<
      StoredEdit & { readonly actor: string; readonly transaction_id: string; readonly is_open: boolean }
    >(
      db,
      `SELECT a.id AS sort, a.table_name, a.row_id, a.original, a.change, coalesce(c.actor, a.login) AS actor,
         coalesce(c.transaction_id, a.xid::text) AS transaction_id,
         coalesce(x.state IN ('open', 'committing'), false) AS is_open
       FROM jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint, since bigint)
       JOIN ${t}.iasql_audit a ON a.table_name = r.table_name AND a.row_id = r.row_id AND a.id > r.since
       LEFT JOIN ${t}.iasql_commit c ON c.xid = a.xid
       LEFT JOIN ${t}.iasql_transaction x ON x.transaction_id = c.transaction_id
       WHERE NOT a.by_engine AND a.xid NOT IN (${sql}) AND a.id > :after::bigint ORDER BY a.id LIMIT :most::int`,
      { ...parameters, rows: JSON.stringify(rows.slice(from, from + 5_000)) },
    )
    for (const row of page) {
      found.push({
        id: row.sort,
        table: row.table_name,
        rowId: row.row_id,
        original: row.original,
        change: row.change,
        actor: row.actor,
        transactionId: row.transaction_id,
        isOpen: row.is_open,
      })
    }
  }
  return found
}

/** Whether runs are about to commit edits of it, which nobody can see yet. */
export async function hasOpenCommits(
  db: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
): Promise<boolean> {
  const rows = await db.query<{ open: boolean }>(
    `SELECT EXISTS (SELECT FROM ${t}.iasql_commit c WHERE c.transaction_id = :id
       AND pg_catalog.pg_xact_status(c.xid) = 'in progress') AS open`,
    { id: transactionId },
  )
  return rows[0]?.open ?? false
}

/** Whether the audit log still tells all of it: its first line goes before the others. */
export async function hasBeginning(
  db: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
): Promise<boolean> {
  const rows = await db.query<{ has: boolean }>(
    `SELECT EXISTS (SELECT FROM ${t}.iasql_audit a
       WHERE a.transaction_id = :id AND a.change_type = 'OPEN_TRANSACTION') AS has`,
    { id: transactionId },
  )
  return rows[0]?.has ?? false
}

/** Whose xid it is: undefined when nobody has edited anything under it. */
export async function editorOf(
  db: Queryable,
  { schema: t }: Tenant,
  xid: string,
): Promise<{ readonly transaction_id: string | null } | undefined> {
  const rows = await db.query<{ transaction_id: string | null }>(
    `SELECT c.transaction_id FROM ${t}.iasql_audit a LEFT JOIN ${t}.iasql_commit c ON c.xid = a.xid
     WHERE a.xid = CAST(:xid AS xid8) AND NOT a.by_engine LIMIT 1`,
    { xid },
  )
  return rows[0]
}

/** What is taken back is pending no longer; `kept`: keys of rows that are not. */
export async function dropEdits(
  transaction: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
  kept: readonly string[] = [],
): Promise<void> {
  await transaction.run(
    `DELETE FROM ${t}.iasql_edit e USING ${t}.iasql_commit c WHERE c.transaction_id = :id AND e.xid = c.xid
       AND e.table_name || '/' || e.row_id NOT IN (SELECT jsonb_array_elements_text(:kept::jsonb))`,
    { id: transactionId, kept: JSON.stringify(kept) },
  )
}
