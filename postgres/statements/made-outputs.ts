/** The outputs of what a transaction has made, by its commit or by applies before that, as their steps keep them. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { readPages } from './paging.ts'

interface Made {
  readonly account_id: string | null
  readonly region: string | null
  readonly cloud_id: CloudId
  readonly kind: string
  readonly made: Row
}

/** Of the transaction whose commit the execution is; the latest last. */
export async function madeOutputs(
  db: Queryable,
  { schema: t }: Tenant,
  { executionId, table }: { readonly executionId: number; readonly table: string },
): Promise<readonly Made[]> {
  return await readPages<Made & { readonly sort: number }>(
    db,
    `SELECT change_id AS sort, s->'step'->>'accountId' AS account_id, s->'step'->>'region' AS region,
       s->'cloudId' AS cloud_id, s->'step'->>'kind' AS kind, s->'made' AS made
     FROM ${t}.iasql_change_record c CROSS JOIN LATERAL jsonb_array_elements(steps) s
     WHERE table_name = :table AND s ? 'made' AND change_id > :after::bigint
       AND (execution_id = :execution::bigint OR EXISTS (
         SELECT FROM ${t}.iasql_transaction_row i
         JOIN ${t}.iasql_transaction x ON x.transaction_id = i.transaction_id AND x.execution_id = :execution::bigint
         WHERE i.table_name = c.table_name AND i.row_id = c.row_id AND i.applied))
       AND execution_id IN (
         SELECT e.execution_id FROM ${t}.iasql_execution_record e
         JOIN ${t}.iasql_transaction x ON x.execution_id = :execution::bigint AND e.started_at >= x.opened_at)
     ORDER BY change_id LIMIT :most::int`,
    { execution: executionId, table },
  )
}
