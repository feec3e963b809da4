/** Rows of what AWS will make along with a parent that is put back: known as such before any of it stands. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface AwaitedCompanion {
  readonly table_name: string
  readonly row_id: number
  readonly account_id: string | null
  readonly region: string | null
  readonly parent_table: string
  readonly parent_row: number
}

/** Each gets a record without anything of the cloud, and so does its parent, which is to be made. */
export async function awaitCompanions(
  transaction: Queryable,
  { schema: t }: Tenant,
  rows: readonly AwaitedCompanion[],
): Promise<void> {
  for (const page of inPages(rows)) {
    await transaction.query(`SELECT ${t}.iasql_await_companions(:rows::jsonb) AS done`, {
      rows: JSON.stringify(page),
    })
  }
}

/** Records of that kind whose row has gone again. */
export async function dropAwaited(
  transaction: Queryable,
  { schema: t }: Tenant,
  rows: readonly { readonly table_name: string; readonly row_id: number }[],
): Promise<void> {
  for (const page of inPages(rows)) {
    await transaction.run(
      `DELETE FROM ${t}.iasql_resource k USING jsonb_to_recordset(:rows::jsonb) AS r (table_name text, row_id bigint)
       WHERE k.table_name = r.table_name AND k.row_id = r.row_id AND k.cloud_id IS NULL AND k.base IS NULL`,
      { rows: JSON.stringify(page) },
    )
  }
}
