/** Resources that one sync proved to be gone from the cloud, and whose rows go with them. */
import type { CloudId } from '#engine/model/cloud.ts'
import type { Row } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import { effectivePolicy } from '../effective-policy.ts'
import type { Tenant } from '../tenant.ts'
import { readPages } from './paging.ts'

export interface AbsentResource {
  readonly resource_id: number
  readonly row_id: number
  readonly cloud_id: CloudId | null
  readonly natural_name: string | null
  readonly base: Row | null
}

const isGone = `r.drift IS NOT NULL AND r.observed IS NULL AND (r.drift->''->>'goes')::boolean
  AND (r.drift->''->>'by')::bigint = :execution::bigint`

/** Tables that have such. */
export async function tablesOfAbsent(
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<ReadonlySet<string>> {
  const tables = await db.query<{ table_name: string }>(
    `SELECT DISTINCT table_name FROM ${t}.iasql_resource r WHERE ${isGone}`,
    { execution: executionId },
  )
  return new Set(tables.map(({ table_name: table }) => table))
}

export async function absentResources(
  db: Queryable,
  tenant: Tenant,
  { table, executionId }: { readonly table: string; readonly executionId: number },
): Promise<readonly AbsentResource[]> {
  const t = tenant.schema
  const policy = effectivePolicy(t, { table: 'r.table_name', row: 'r.row_id', column: "''" })
  return await readPages<AbsentResource & { readonly sort: number }>(
    db,
    `SELECT r.resource_id AS sort, r.resource_id, r.row_id, r.cloud_id, r.natural_name, r.base
    FROM ${t}.iasql_resource r
    WHERE r.table_name = :table AND ${isGone} AND r.resource_id > :after::bigint AND ${policy} = 'track'
    ORDER BY r.resource_id LIMIT :most::int`,
    { table, execution: executionId },
  )
}
