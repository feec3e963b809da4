/** Replacements that stopped half-way: the new one stands, and the old one that was to go does still. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

export interface HalfReplaced {
  readonly table_name: string
  readonly row_id: number
  /** Of the record that holds what is to go. */
  readonly orphan_id: number
  /** The row is the old one's again, and the new one is to go. */
  readonly is_kept: boolean
}

interface Commit {
  readonly transactionId: string
  readonly executionId: number
}

/**
 * Of a commit that is taken back: the row gets its old one back as it was recorded, for with that goes what is stored in
 * it. Where AWS made something along with the new one, which the rows stand for now, the old one stays to be deleted.
 */
export async function keepOldOnes(
  transaction: Queryable,
  tenant: Tenant,
  commit: Commit,
): Promise<readonly HalfReplaced[]> {
  const halves = await halvesOf(transaction, tenant, commit)
  const kept = halves.filter(({ is_kept: isKept }) => isKept)
  for (const page of inPages(kept)) await swapRecords(transaction, tenant, commit.transactionId, page)
  return halves
}

const pageSize = 5_000

async function halvesOf(
  transaction: Queryable,
  { schema: t }: Tenant,
  { transactionId, executionId }: Commit,
): Promise<readonly HalfReplaced[]> {
  const halves: HalfReplaced[] = []
  for (;;) {
    const last = halves.at(-1)
    const page = await transaction.query<HalfReplaced>(
      `SELECT DISTINCT c.table_name, c.row_id, o.row_id AS orphan_id, i.resource IS NOT NULL AND NOT EXISTS (
           SELECT FROM ${t}.iasql_resource n WHERE n.companion_of = k.resource_id) AS is_kept
       FROM ${t}.iasql_change_record c
       JOIN ${t}.iasql_resource k ON k.table_name = c.table_name AND k.row_id = c.row_id
       JOIN ${t}.iasql_resource o ON o.table_name = c.table_name AND o.cloud_id = c.planned->'cloudId'
         AND o.row_id <> c.row_id
         AND EXISTS (SELECT FROM ${t}.iasql_edit e
           WHERE e.table_name = o.table_name AND e.row_id = o.row_id AND e.op = 'D')
       LEFT JOIN ${t}.iasql_transaction_row i ON i.transaction_id = :transaction AND i.table_name = c.table_name
         AND i.row_id = c.row_id
       WHERE c.execution_id = :execution::bigint AND c.action = 'replace' AND c.state <> 'done'
         AND (c.table_name, c.row_id, o.row_id) > (:table::text, :row::bigint, :orphan::bigint)
       ORDER BY c.table_name, c.row_id, o.row_id LIMIT ${pageSize}`,
      {
        ...{ transaction: transactionId, execution: executionId, table: last?.table_name ?? '' },
        ...{ row: last?.row_id ?? 0, orphan: last?.orphan_id ?? 0 },
      },
    )
    for (const half of page) halves.push(half)
    if (page.length < pageSize) return halves
  }
}

/** Two records never know one resource, not even for a moment: both go before they come. */
async function swapRecords(
  transaction: Queryable,
  { schema: t }: Tenant,
  transactionId: string,
  halves: readonly HalfReplaced[],
): Promise<void> {
  await transaction.run(
    `WITH h AS MATERIALIZED (
       SELECT i.resource AS old, to_jsonb(k.*) || jsonb_build_object('row_id', o.row_id, 'resource_id', o.resource_id,
           'unprojected', NULL, 'drift', NULL) AS new, k.resource_id AS old_id, o.resource_id AS new_id
       FROM jsonb_to_recordset(:halves::jsonb) AS r (table_name text, row_id bigint, orphan_id bigint)
       JOIN ${t}.iasql_resource k ON k.table_name = r.table_name AND k.row_id = r.row_id
       JOIN ${t}.iasql_resource o ON o.table_name = r.table_name AND o.row_id = r.orphan_id
       JOIN ${t}.iasql_transaction_row i ON i.transaction_id = :transaction AND i.table_name = r.table_name
         AND i.row_id = r.row_id),
     noted AS (
       INSERT INTO ${t}.iasql_transaction_half (transaction_id, old, new) SELECT :transaction, old, new FROM h)
     DELETE FROM ${t}.iasql_resource k USING h WHERE k.resource_id IN (h.old_id, h.new_id)`,
    { transaction: transactionId, halves: JSON.stringify(halves) },
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
