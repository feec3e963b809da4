/** The journal of edits, as far as the engine writes it on somebody's behalf: what a commit that is taken back asks for, and leaves. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface NewEdit {
  readonly table_name: string
  readonly row_id: number
  readonly op: 'I' | 'U' | 'D'
  readonly companion: boolean
}

/** Edits of somebody on whose behalf the engine has written the rows. */
export async function insertEdits(
  transaction: Queryable,
  { schema: t }: Tenant,
  login: string,
  edits: readonly NewEdit[],
): Promise<void> {
  for (const page of inPages(edits)) {
    await transaction.run(
      `INSERT INTO ${t}.iasql_edit (table_name, row_id, op, companion, login, at)
       SELECT e.table_name, e.row_id, CAST(e.op AS "char"), e.companion, :login, clock_timestamp()
       FROM jsonb_to_recordset(:edits::jsonb) AS e (table_name text, row_id bigint, op text, companion boolean)`,
      { login, edits: JSON.stringify(page) },
    )
  }
}

export interface PendingAgain {
  readonly table_name: string
  readonly row_id: number
  readonly edits: readonly Json[]
}

/** What others had pending on these rows before is pending again, beside what they have edited since. */
export async function restoreEdits(
  transaction: Queryable,
  { schema: t }: Tenant,
  rows: readonly PendingAgain[],
): Promise<void> {
  for (const page of inPages(rows)) {
    await transaction.run(
      `INSERT INTO ${t}.iasql_edit (table_name, row_id, op, xid, at, login, companion)
       SELECT r.table_name, r.row_id, CAST(e.op AS "char"), CAST(e.xid AS xid8), e.at, e.login, e.companion
       FROM jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint, edits jsonb)
       CROSS JOIN LATERAL jsonb_to_recordset(r.edits)
         AS e (op text, xid text, at timestamptz, login text, companion boolean)
       WHERE NOT EXISTS (SELECT FROM ${t}.iasql_edit k WHERE k.table_name = r.table_name AND k.row_id = r.row_id
         AND k.xid = CAST(e.xid AS xid8) AND k.op = CAST(e.op AS "char"))`,
      { rows: JSON.stringify(page) },
    )
  }
}
