/** Everything that a commit must find again to take itself back: rows, the engine's records of them, edits of others. */
import type { Json, JsonObject, Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages, readPages } from './paging.ts'

export interface NewImage {
  readonly table_name: string
  readonly row_id: number
  readonly before: Row | null
  readonly after: Row | null
  /** Of the transaction's last edit of the row, in the audit log. */
  readonly last_id: number
  /** Some of it has reached the cloud before the commit, by an apply in the session. */
  readonly applied: boolean
}

export interface Image extends NewImage {
  /** The engine's record of the row, as it was; null: there was none. */
  readonly resource: (JsonObject & { readonly base: Row | null; readonly observed: Row | null }) | null
  /** Of others, not taken up by any apply. */
  readonly edits: readonly Json[]
}

export async function storeImages(
  transaction: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
  images: readonly NewImage[],
): Promise<void> {
  for (const page of inPages(images)) {
    await transaction.run(
      `INSERT INTO ${t}.iasql_transaction_row (transaction_id, table_name, row_id, before, after, last_id, applied, resource, edits)
       SELECT :id, i.table_name, i.row_id, nullif(i.before, 'null'), nullif(i.after, 'null'), i.last_id, i.applied, to_jsonb(k.*),
         coalesce((SELECT jsonb_agg(jsonb_build_object('op', e.op, 'xid', e.xid::text, 'at', e.at, 'login', e.login,
             'companion', e.companion) ORDER BY e.edit_id)
           FROM ${t}.iasql_edit e LEFT JOIN ${t}.iasql_commit c ON c.xid = e.xid
           WHERE e.table_name = i.table_name AND e.row_id = i.row_id AND c.transaction_id IS DISTINCT FROM :id), '[]')
       FROM jsonb_to_recordset(:images::jsonb)
         AS i (table_name text, row_id bigint, before jsonb, after jsonb, last_id bigint, applied boolean)
       LEFT JOIN ${t}.iasql_resource k ON k.table_name = i.table_name AND k.row_id = i.row_id
       ON CONFLICT DO NOTHING`,
      { id: transactionId, images: JSON.stringify(page) },
    )
  }
}

export async function loadImages(
  db: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
): Promise<readonly Image[]> {
  return await readPages<Image & { readonly sort: number }>(
    db,
    `SELECT image_id AS sort, table_name, row_id, before, after, last_id, applied, resource, edits
     FROM ${t}.iasql_transaction_row WHERE transaction_id = :id AND image_id > :after::bigint
     ORDER BY image_id LIMIT :most::int`,
    { id: transactionId },
  )
}

export async function dropImages(
  transaction: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
): Promise<void> {
  await transaction.run(`DELETE FROM ${t}.iasql_transaction_row WHERE transaction_id = :id`, {
    id: transactionId,
  })
}
