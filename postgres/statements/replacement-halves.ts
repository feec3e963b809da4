/** Replacements that stopped half-way: the new one stands, and the old one that was to go does still. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface HalfReplaced {
  readonly table_name: string
  readonly row_id: number
  /** Of the record that holds what is to go. */
  readonly orphan_id: number
  /** Keys of rows that change too, and that the old one is part of for as long as it stands. */
  readonly within: readonly string[]
}

const pageSize = 2_000

/** Of an execution. */
export async function replacementHalves(
  transaction: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<readonly HalfReplaced[]> {
  const halves: HalfReplaced[] = []
  for (;;) {
    const last = halves.at(-1)
    const page = await transaction.query<HalfReplaced>(
      `SELECT DISTINCT ON (c.table_name, c.row_id, o.row_id) c.table_name, c.row_id, o.row_id AS orphan_id,
         (SELECT coalesce(jsonb_agg(DISTINCT r->>'target'), '[]') FROM jsonb_array_elements(c.planned->'references') r
          WHERE r->>'side' = 'base' AND (r->>'isFixed')::boolean AND NOT r ? 'of') AS within
       FROM ${t}.iasql_change_record c
       JOIN ${t}.iasql_resource k ON k.table_name = c.table_name AND k.row_id = c.row_id
       JOIN ${t}.iasql_resource o ON o.table_name = c.table_name AND o.cloud_id = c.planned->'cloudId'
         AND o.row_id <> c.row_id
         AND EXISTS (SELECT FROM ${t}.iasql_edit e
           WHERE e.table_name = o.table_name AND e.row_id = o.row_id AND e.op = 'D')
       WHERE c.execution_id = :execution::bigint AND c.action = 'replace' AND c.state <> 'done'
         AND (c.table_name, c.row_id, o.row_id) > (:table::text, :row::bigint, :orphan::bigint)
       ORDER BY c.table_name, c.row_id, o.row_id, c.change_id DESC LIMIT ${pageSize}`,
      {
        ...{ execution: executionId, table: last?.table_name ?? '' },
        ...{ row: last?.row_id ?? 0, orphan: last?.orphan_id ?? 0 },
      },
    )
    for (const half of page) halves.push(half)
    if (page.length < pageSize) return halves
  }
}

/** Rows that stand for another one by now than when the execution planned them, or for none. */
export async function rowsAnew(
  transaction: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<readonly { readonly table_name: string; readonly row_id: number }[]> {
  return await transaction.query(
    `SELECT DISTINCT c.table_name, c.row_id FROM ${t}.iasql_change_record c
     LEFT JOIN ${t}.iasql_resource k ON k.table_name = c.table_name AND k.row_id = c.row_id
     WHERE c.execution_id = :execution::bigint AND c.action IN ('replace', 'delete')
       AND k.cloud_id IS DISTINCT FROM c.planned->'cloudId'`,
    { execution: executionId },
  )
}

/**
 * The rows get their old ones back, as they were recorded, and the records of what was to go have the new ones. Two records
 * never know one resource, not even for a moment: both go before they come. What AWS made along with the old ones is read
 * again before the next plan, for rows stand for what came along with the new ones by now.
 */
export async function swapHalves(
  transaction: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
  halves: readonly (HalfReplaced & { readonly outputs: readonly string[] })[],
): Promise<void> {
  const outputs = `jsonb_build_object('expected', jsonb_build_object(), 'write', (
             SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}') FROM jsonb_each(o.base) b WHERE b.key = ANY (r.outputs)))`
  for (const page of inPages(halves)) {
    await transaction.run(
      // A row that no edit of the transaction was about has no image: the record of the old one says what was agreed on.
      `WITH h AS MATERIALIZED (
         SELECT coalesce(i.resource, to_jsonb(k.*) || jsonb_build_object('cloud_id', o.cloud_id, 'base', o.base,
             'observed', o.base, 'natural_name', o.natural_name, 'account_id', o.account_id, 'region', o.region,
             'drift', NULL, 'written_at', NULL)) || jsonb_build_object('unprojected', ${outputs}, 'unread', EXISTS (
             SELECT FROM ${t}.iasql_resource n WHERE n.companion_of = k.resource_id)) AS old,
           to_jsonb(k.*) || jsonb_build_object('row_id', o.row_id, 'resource_id', o.resource_id, 'unprojected', NULL,
             'drift', NULL) AS new, k.resource_id AS old_id, o.resource_id AS new_id
         FROM jsonb_to_recordset(:halves::jsonb) AS r (table_name text, row_id bigint, orphan_id bigint,
           outputs text[])
         JOIN ${t}.iasql_resource k ON k.table_name = r.table_name AND k.row_id = r.row_id
         JOIN ${t}.iasql_resource o ON o.table_name = r.table_name AND o.row_id = r.orphan_id
         LEFT JOIN ${t}.iasql_transaction_row i ON i.transaction_id = :transaction AND i.table_name = r.table_name
           AND i.row_id = r.row_id AND i.resource->'cloud_id' = o.cloud_id),
       noted AS (
         INSERT INTO ${t}.iasql_transaction_half (transaction_id, old, new) SELECT :transaction, old, new FROM h)
       DELETE FROM ${t}.iasql_resource k USING h WHERE k.resource_id IN (h.old_id, h.new_id)`,
      { transaction: transactionId, halves: JSON.stringify(page) },
    )
    await transaction.run(
      `INSERT INTO ${t}.iasql_resource OVERRIDING SYSTEM VALUE
       SELECT p.* FROM ${t}.iasql_transaction_half h CROSS JOIN LATERAL (VALUES (h.old), (h.new)) v (record)
       CROSS JOIN LATERAL jsonb_populate_record(NULL::${t}.iasql_resource, v.record) p
       WHERE h.transaction_id = :transaction`,
      { transaction: transactionId },
    )
    await transaction.run(`DELETE FROM ${t}.iasql_transaction_half WHERE transaction_id = :transaction`, {
      transaction: transactionId,
    })
  }
}
