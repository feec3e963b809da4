/** The outputs of what an execution has made, as its steps keep them. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { readPages } from './paging.ts'

interface Made {
  readonly account_id: string | null
  readonly region: string | null
  readonly cloud_id: CloudId
  readonly made: Row
}

/** The latest last. */
export async function madeOutputs(
  db: Queryable,
  { schema: t }: Tenant,
  { executionId, table }: { readonly executionId: number; readonly table: string },
): Promise<readonly Made[]> {
  return await readPages<Made & { readonly sort: number }>(
    db,
    `SELECT change_id AS sort, s->'step'->>'accountId' AS account_id, s->'step'->>'region' AS region,
       s->'cloudId' AS cloud_id, s->'made' AS made
     FROM ${t}.iasql_change_record CROSS JOIN LATERAL jsonb_array_elements(steps) s
     WHERE execution_id = :execution::bigint AND table_name = :table AND s ? 'made' AND change_id > :after::bigint
     ORDER BY change_id LIMIT :most::int`,
    { execution: executionId, table },
  )
}
